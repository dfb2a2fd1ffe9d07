"""Sentences of a report, filled from figures: one that a figure without rows would have to carry is left out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from casework.reports.counting import Counted
from casework.reports.figures import Figure
from policy import rules

_PLACE = re.compile(r"\{([a-z_0-9]+)(?:([/-])([a-z_0-9]+))?\}")


def sections(kind: str, figures: Mapping[str, Figure], counted: Mapping[str, Counted],
             day: dt.date) -> dict[str, list[dict[str, str]]]:
    """The sentences of a kind of report that its rows support, by section, in both languages."""
    told: dict[str, list[dict[str, str]]] = {}
    for one in rules().value("reports.sentences", day):
        if one["kind"] != kind:
            continue
        both = {language: _filled(one[language], language, figures, counted) for language in ("zh", "en")}
        if both["zh"] is not None and both["en"] is not None:
            told.setdefault(one["section"], []).append({"zh": both["zh"], "en": both["en"]})
    return told


def _filled(text: str, language: str, figures: Mapping[str, Figure], counted: Mapping[str, Counted]) -> str | None:
    supported = True

    def fill(found: re.Match[str]) -> str:
        nonlocal supported
        left, sign, right = found.groups()
        if any(code not in counted or not counted[code].rows for code in (left, right) if code):
            supported = False
            return ""
        value = counted[left].value
        if sign == "/":
            return f"{value / counted[right].value:.2%}"
        if sign == "-":
            value -= counted[right].value
            supported &= value > 0
        return f"{value:,}{figures[left].unit}" if language == "zh" else f"{value:,}"

    filled = _PLACE.sub(fill, text)
    return filled if supported else None
