"""A template tried on sample facts: what fails only where something has nothing to say is found before it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from engine.rulebook.model import Text
from notifier.channels.kind import Form
from notifier.render import NAME, Templates
from notifier.template_fault import TemplateFaultError
from notifier.variables import sample


def tries(templates: Templates, path: Path) -> TemplateFaultError | None:
    """Why this template makes nothing of the facts of its event, once all that there can be, once the least; or None.

    It must be a sound one with a name that means something.
    """
    named = NAME.fullmatch(path.name)
    if named is None:
        return None
    for bare in (False, True):
        try:
            templates.made(path, cast("Form", named["form"]), sample(named["event"], named["language"], bare=bare))
        except TemplateFaultError as error:
            return TemplateFaultError(str(path), [_where_bare(one) for one in error.faults]) if bare else error
    return None


def _where_bare(fault: Text) -> Text:
    return Text(
        f"{fault.zh}（在可以没有内容的变量都没有内容时；用 {{% if … %}} 包住它们）",
        f"{fault.en} (where nothing is said that may be missing: put {{% if … %}} around it)",
    )
