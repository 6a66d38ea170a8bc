"""What each command asks of its actor: which permission, and whether for all clients or for what it is about.

`current` looks here before a command begins; what it is about is looked at where it is known, by the use case. A test
demands a line for every command; one without a line is for administrators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.ledger.actors import Actor, HouseOnlyError, NotAllowedError, Permission


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a command asks for: over everything, or somewhere, and then over what it is about."""

    permission: Permission
    everywhere: bool = False
    house: bool = False  # for people of the house alone

    def asked_of(self, actor: Actor) -> None:
        """Raise NotAllowedError for an actor who cannot do this at all, HouseOnlyError for one from outside."""
        if self.everywhere:
            actor.must(self.permission, None)
        elif not any(actor.may(self.permission, g.client, g.shop) for g in actor.grants):
            raise NotAllowedError(actor.name, self.permission, actor.reach)
        if self.house and not actor.internal:
            raise HouseOnlyError(actor.name)


READ, IMPORT, HANDLE = Need(Permission.READ), Need(Permission.IMPORT), Need(Permission.HANDLE)
DECIDE, REGISTER, APPROVE = Need(Permission.DECIDE), Need(Permission.REGISTER), Need(Permission.APPROVE)
READ_WITHIN = Need(Permission.READ, house=True)
READ_ALL = Need(Permission.READ, everywhere=True)
HANDLE_ALL = Need(Permission.HANDLE, everywhere=True)
READ_HOUSE = Need(Permission.READ, everywhere=True, house=True)
DECIDE_ALL = Need(Permission.DECIDE, everywhere=True)
REGISTER_ALL = Need(Permission.REGISTER, everywhere=True)
APPROVE_ALL = Need(Permission.APPROVE, everywhere=True)
ADMINISTER = Need(Permission.ADMINISTER, everywhere=True)
NOBODY = None  # speaks of no client, or is done by whoever has the machine

NEEDS: Mapping[str, Need | None] = MappingProxyType(
    {
        "appeals correct": DECIDE,
        "appeals list": READ,
        "appeals open": HANDLE,
        "appeals outcome": DECIDE,
        "appeals submit": DECIDE,
        "assess": READ,
        "calendar": READ,
        "charges": READ,
        "config": NOBODY,
        "demo": NOBODY,
        "deposits list": READ,
        "deposits record": REGISTER,
        "doctor": NOBODY,
        "duties add": DECIDE,
        "duties cancel": DECIDE,
        "duties check": APPROVE,
        "duties done": HANDLE,
        "duties give": DECIDE,
        "duties list": READ,
        "duties reject": APPROVE,
        "duties show": READ,
        "evidence remove": REGISTER,
        "evidence status": READ,
        "explain": READ,
        "import": IMPORT,
        "journal list": READ,
        "journal verify": READ_ALL,
        "lake check": ADMINISTER,
        "lake moved": ADMINISTER,
        "mappings check": NOBODY,
        "mappings list": NOBODY,
        "mappings show": NOBODY,
        "mutes end": DECIDE_ALL,
        "mutes list": READ_HOUSE,
        "mutes set": DECIDE_ALL,
        "notices channels": READ,
        "notices callbacks": NOBODY,  # as the worker, it is kaohe's own work, whoever starts it
        "notices check": NOBODY,
        "notices list": READ,
        "notices preview": READ,
        "notices receipts": HANDLE_ALL,
        "notices retry": HANDLE,
        "notices send": HANDLE_ALL,
        "notices show": READ,
        "notices test": ADMINISTER,
        "notices variables": NOBODY,
        "outlook": READ,
        "pack": NOBODY,  # a pack that came from elsewhere is checked by anybody; one is made by whoever may read
        "penalties confirm": DECIDE,
        "penalties link": DECIDE,
        "penalties list": READ,
        "penalties match": READ,
        "penalties ours-none": DECIDE,
        "penalties show": READ,
        "penalties unlink": DECIDE,
        "people import": REGISTER,
        "people list": READ,
        "period close": APPROVE_ALL,
        "period list": READ,
        "period reopen": APPROVE_ALL,
        "period show": READ,
        "report daily": READ,
        "report month": READ,
        "routes apply": REGISTER_ALL,
        "routes preview": READ_HOUSE,
        "routes show": READ_HOUSE,
        "rules accuracy": READ_WITHIN,
        "rules check": NOBODY,
        "rules list": NOBODY,
        "rules show": NOBODY,
        "rules test": NOBODY,
        "sanctions": READ,
        "secret check": ADMINISTER,
        "secret renew": ADMINISTER,
        "shops add": REGISTER,
        "shops import": REGISTER,
        "shops list": READ,
        "shops unregister": REGISTER,
        "standards check": READ,
        "standards end": REGISTER,
        "standards list": READ,
        "standards set": REGISTER,
        "status": READ,
        "tokens create": ADMINISTER,
        "tokens list": ADMINISTER,
        "tokens revoke": ADMINISTER,
        "users add": ADMINISTER,
        "users disable": ADMINISTER,
        "users grant": ADMINISTER,
        "users list": ADMINISTER,
        "users revoke": ADMINISTER,
        "violations list": READ,
        "violations notified": HANDLE,  # more, by what is recorded
        "violations record": HANDLE,  # more, by what is recorded
        "violations show": READ,
        "waivers approve": APPROVE,
        "waivers edit": HANDLE,
        "waivers list": READ,
        "waivers reject": APPROVE,
        "waivers request": HANDLE,
        "waivers revoke": HANDLE,  # more, once it is approved
        "waivers show": READ,
        "whoami": NOBODY,
        "worker": NOBODY,
    }
)


def need_of(command: str) -> Need | None:
    """What this command (`violations list`) asks of its actor; None where it asks nothing."""
    return NEEDS.get(command, ADMINISTER)
