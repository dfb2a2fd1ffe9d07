"""Relations between figures: computed, shown with what is missing, never forced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from policy import rules


@dataclass(frozen=True)
class Relation:
    """``left op times × sum(right)``; ``difference`` is left minus right; ``look``: exact, and worth a look."""

    code: str
    zh: str
    en: str
    left: str
    op: str
    times: int
    right: tuple[str, ...]
    values: tuple[int, ...]
    left_value: int
    holds: bool
    difference: int
    look: bool

    @property
    def formula(self) -> str:
        """In numbers: 9,858 = 2 × 4,929."""
        sign = {"=": "=", "<=": "≤", ">=": "≥"}[self.op]
        right = " + ".join(f"{value:,}" for value in self.values)
        return f"{self.left_value:,} {sign} {f'{self.times} × ' if self.times != 1 else ''}{right}"

    @property
    def share(self) -> float | None:
        """Left by right, where there is a right."""
        whole = self.times * sum(self.values)
        return self.left_value / whole if whole else None


def checked(values: Mapping[str, int], day: dt.date) -> list[Relation]:
    """Every relation of policy whose figures are all in the report."""
    return [_checked(one, values) for one in rules().value("reports.identities", day)
            if one["left"] in values and all(code in values for code in one["right"])]


def _checked(one: Mapping[str, object], values: Mapping[str, int]) -> Relation:
    right = tuple(str(code) for code in one["right"])  # type: ignore[attr-defined]
    times = int(str(one.get("times", 1)))
    parts = tuple(values[code] for code in right)
    left, whole = values[str(one["left"])], times * sum(parts)
    holds = {"=": left == whole, "<=": left <= whole, ">=": left >= whole}[str(one["op"])]
    return Relation(str(one["code"]), str(one["zh"]), str(one["en"]), str(one["left"]), str(one["op"]), times, right,
                    parts, left, holds, left - whole, bool(one.get("look_if_holds")) and holds and left > 0)
