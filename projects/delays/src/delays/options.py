"""What every pipeline's options have in common: named faults for keys and values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, NoReturn, Self


@dataclass(frozen=True)
class Options:
    """Fields from a parameters dict; the subclass says what their values may be."""

    section: ClassVar[str] = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """From `params:<section>`; ValueError names keys that are unknown or missing."""
        expected = [field.name for field in fields(cls)]
        if wrong := sorted(set(options) ^ set(expected)):
            raise ValueError(
                f"{cls.section}: unknown or missing {', '.join(wrong)}; "
                f"expected {', '.join(expected)}."
            )
        return cls(**options)

    def refuse(self, name: str, expected: str) -> NoReturn:
        """Say which option is wrong, what it is and what it should be."""
        found = getattr(self, name)
        raise ValueError(f"{self.section}.{name}: expected {expected}, found {found!r}.")

    def number(self, name: str, *, whole: bool = False, least: float | None = None) -> None:
        """Refuse what is not a (whole) number of at least `least`, or else above 0."""
        value = getattr(self, name)
        kinds = (int,) if whole else (int, float)
        bad = not isinstance(value, kinds) or isinstance(value, bool)
        if bad or not (value > 0 if least is None else value >= least):
            kind = "a whole number" if whole else "a number"
            limit = "above 0" if least is None else f"of at least {least:g}"
            self.refuse(name, f"{kind} {limit}")
