"""All kinds of channel that there are: each folder beside this file is one, and nothing else names them."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

import notifier.channels
from engine.errors import KaoheError, UnknownNameError
from engine.rulebook.model import Text
from notifier.channels.contract import Channel, Patchy
from notifier.channels.kind import Address, Kind, Setup

_NAME = re.compile(r"[a-z][a-z0-9-]*")
USUAL = "email"  # the channel of an address that names none
NO_SUCH_CHANNEL = Text(
    "冒号前不是通知渠道的名字；`kaohe notices channels` 列出全部",
    "what stands before the colon is no channel; `kaohe notices channels` lists them",
)


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of channel, by name."""
    found = [
        import_module(f"notifier.channels.{folder.name}").CHANNEL
        for folder in pkgutil.iter_modules(notifier.channels.__path__)
        if folder.ispkg
    ]
    return MappingProxyType({kind.name: kind for kind in found})


def kind(name: str) -> Kind:
    """The kind of this name. Raises UnknownNameError naming those there are."""
    if name not in kinds():
        raise UnknownNameError("channel", name, kinds())
    return kinds()[name]


class Built(NamedTuple):
    """The channels that are set up, by name, and what is wrong with others; with single addresses, as `wecom:ops`."""

    channels: Mapping[str, Channel]
    faults: Mapping[str, KaoheError]


def channels_of(setup: Setup) -> Built:
    """All channels that are set up. One that is set up wrongly holds up no other, and no address the others of it."""
    built: dict[str, Channel] = {}
    faults: dict[str, KaoheError] = {}
    for name, one in kinds().items():
        try:
            channel = one.build(setup)
        except KaoheError as error:
            faults[name] = error
        else:
            if channel is not None:
                built[name] = channel
            if isinstance(channel, Patchy):
                faults.update(channel.faults())
    return Built(built, faults)


def written_address(text: str) -> tuple[str, Address]:
    """The channel and the address of `wecom:ops`, or of a bare e-mail address.

    >>> written_address("zhang@EXAMPLE.com")
    ('email', Address(text='zhang@example.com', fault=None))
    """
    name, colon, address = text.partition(":")
    name = name.strip().lower()
    if not colon or not _NAME.fullmatch(name):
        return USUAL, kinds()[USUAL].address(text)
    if name not in kinds():
        return USUAL, Address(text, NO_SUCH_CHANNEL)
    return name, kinds()[name].address(address.strip())
