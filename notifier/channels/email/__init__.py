"""E-mail: through an SMTP server, or as files in a folder for whoever has none.

Neither an SMTP server nor a folder can be asked whether it already has a message. A message whose
outcome is unknown is therefore sent again, under the same Message-ID, by which the receiving side can
drop the second one.
"""

from __future__ import annotations

from engine.rulebook.model import Text
from notifier.channels.email.address import ADDRESS_FAULTS, read_address
from notifier.channels.email.channel import EmailChannel
from notifier.channels.email.setup import SETTINGS, build
from notifier.channels.kind import Kind

__all__ = ["CHANNEL", "EmailChannel"]

CHANNEL = Kind(
    name="email",
    title=Text("邮件", "e-mail"),
    form="email",
    address=read_address,
    build=build,
    faults=ADDRESS_FAULTS,
    settings=SETTINGS,
)
