"""What is wrong with a template; whoever only binds one to a text message need not wait for Jinja2."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import KaoheError
from engine.rulebook.model import Text


class TemplateFaultError(KaoheError):
    """A template that is refused, or that failed while it was rendered. Carries every fault found."""

    def __init__(self, name: str, faults: Sequence[Text]) -> None:
        self.name, self.faults = name, tuple(faults)
        super().__init__(
            "\n".join(f"{name}:{fault.en}" for fault in faults), zh="\n".join(f"{name}:{fault.zh}" for fault in faults)
        )
