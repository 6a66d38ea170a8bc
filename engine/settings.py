"""What a setting is: its name, what it is when nobody sets it, what it is for, and whether it is a secret."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `name` as in kaohe.toml; in the environment it is KAOHE_ and the name in capitals.

    A secret never stands in kaohe.toml: it comes from the environment, or from the file that `<name>_file` names.
    """

    name: str
    default: str
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return "KAOHE_" + self.name.upper()
