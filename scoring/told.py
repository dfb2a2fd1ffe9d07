"""The contributions of a day as they are kept: what each stands for once for the day, points and values for each unit.

A million units have some fifty contributions each: as words they would be gigabytes a night, as two short rows of
numbers they are a tenth of that, and no object is made for any of them until a person asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Form = Literal["none", "number", "flag", "word"]


@dataclass(frozen=True)
class Heading:
    """What one place in the rows stands for.

    ``usual`` are the points of an average unit, None where there is no such thing. ``words`` are code, Chinese and
    English of each category; its value is the place in them.
    """

    feature: str
    zh: str
    en: str
    side: str
    part: str
    form: Form
    usual: float | None = None
    unit: str = ""
    unit_en: str = ""
    words: tuple[tuple[str, str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, empty ones left out."""
        return {name: value for name, value in asdict(self).items() if value not in ("", (), None)}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Heading:
        """The heading of :meth:`as_dict`."""
        return cls(told["feature"], told["zh"], told["en"], told.get("side", ""), told.get("part", ""), told["form"],
                   told.get("usual"), told.get("unit", ""), told.get("unit_en", ""),
                   tuple((code, zh, en) for code, zh, en in told.get("words", ())))


def tell(headings: Sequence[Heading], points: Sequence[float], values: Sequence[float]) -> list[dict[str, Any]]:
    """What made a score: {feature, zh, en, value, unit, unit_en, side, part, points, excess}, where points were given.

    ``excess`` is how far the points lie above those of an average or unknown unit.
    """
    # The database may hand the shortest digits of a float4, which are not its value: back to what was stored.
    stored = np.array([points, values], dtype=np.float32).tolist()
    return [_entry(heading, given, value) for heading, given, value in zip(headings, *stored, strict=True) if given]


def of_row(row: Mapping[str, Any], headings: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """The contributions of a stored score: of its numbers, or, of a day from before there were any, as it has them."""
    if row["points"] is None or headings is None:
        return list(row["contributions"] or ())
    return tell([Heading.of(heading) for heading in headings], row["points"], row["values"])


def _entry(heading: Heading, points: float, value: float) -> dict[str, Any]:
    zh, en, shown = heading.zh, heading.en, _shown(heading, value)
    if heading.form == "word" and shown is not None:
        code, word_zh, word_en = heading.words[int(value)]
        zh, en, shown = f"{zh}：{word_zh}", f"{en}: {word_en}", code
    elif shown is None and heading.form != "none":
        zh, en = f"{zh}（未掌握）", f"{en} (not known)"
    return {"feature": heading.feature, "zh": zh, "en": en, "value": shown, "unit": heading.unit,
            "unit_en": heading.unit_en, "side": heading.side, "part": heading.part, "points": points,
            "excess": 0.0 if heading.usual is None else points - heading.usual}


def _shown(heading: Heading, value: float) -> float | int | str | None:
    """The value as a page shows it: in its own unit, two decimals at most."""
    if heading.form == "none" or np.isnan(value):
        return None
    if heading.form == "flag":
        return "✓" if value else "✗"
    number = round(value, 2)
    return int(number) if number.is_integer() else number
