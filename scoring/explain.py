"""A score in the field's own words: one sentence for each contribution, and why one unit stands above another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.card import BY_MODEL, Card, Line

Contribution = Mapping[str, Any]


@dataclass(frozen=True)
class Sentence:
    """One contribution told in Chinese and English, with the points it gave.

    ``excess`` is how far these lie above what an average or unknown unit gets from the same line: what stands out.
    """

    feature: str
    zh: str
    en: str
    points: float
    excess: float


def sentences(contributions: Sequence[Contribution], day: dt.date) -> list[Sentence]:
    """One sentence for each contribution, the weightiest first; ``day`` is the day of the score."""
    card = Card.on(day)
    by_feature = {entry["feature"]: entry for entry in contributions}
    told = [_tell(entry, card, by_feature) for entry in contributions]
    return sorted(told, key=lambda sentence: -abs(sentence.points))


def reasons(contributions: Sequence[Contribution], day: dt.date, most: int = 3) -> list[Sentence]:
    """What puts a unit high: the contributions that stand out most above those of an average unit."""
    told = [sentence for sentence in sentences(contributions, day) if sentence.excess > 0]
    return sorted(told, key=lambda sentence: -sentence.excess)[:most]


def why_above(above: Sequence[Contribution], below: Sequence[Contribution], day: dt.date, *, name_above: str,
              name_below: str, most: int = 3) -> tuple[str, str]:
    """One line, in Chinese and English, on what puts the first unit above the second: the widest differences."""
    card = Card.on(day)
    gaps = compare(below, above)
    total = sum(gap for _, gap in gaps)
    for_it = [(entry, gap) for entry, gap in gaps if gap > 0][:most]
    if total <= 0 or not for_it:
        return (f"{name_above}得分不高于{name_below}，排在前面是因为直接判定条件、人工调整或编号次序",
                f"{name_above} does not score above {name_below}: a direct condition, an override or its number puts "
                f"it first")
    parts = [(_tell(entry, card, {}), gap) for entry, gap in for_it]
    return (f"{name_above}比{name_below}高{total:.1f}分，主要因为" + "；".join(
                f"{part.zh}（多{gap:.1f}分）" for part, gap in parts),
            f"{name_above} scores {total:.1f} points more than {name_below}, mostly because of " + "; ".join(
                f"{part.en} (+{gap:.1f})" for part, gap in parts))


def compare(before: Sequence[Contribution], after: Sequence[Contribution]) -> list[tuple[Contribution, float]]:
    """Which contributions moved and by how many points, the widest move first.

    The entry is the one after the move, or, where it is gone, the one before it.
    """
    old = {entry["feature"]: entry for entry in before}
    new = {entry["feature"]: entry for entry in after}
    moved = [(new.get(feature, old.get(feature)), _points(new, feature) - _points(old, feature))
             for feature in [*new, *(feature for feature in old if feature not in new)]]
    kept = [(entry, gap) for entry, gap in moved if entry is not None and gap != 0]
    return sorted(kept, key=lambda pair: -abs(pair[1]))


def _points(entries: Mapping[str, Contribution], feature: str) -> float:
    return float(entries[feature]["points"]) if feature in entries else 0.0


def _tell(entry: Contribution, card: Card, others: Mapping[str, Contribution]) -> Sentence:
    feature, points = str(entry["feature"]), float(entry["points"])
    line = card.line(feature.removeprefix(BY_MODEL))
    absent = next((absent for absent in card.absent if absent.feature == feature), None)
    if absent is not None:
        return Sentence(feature, absent.say, absent.say_en, points, 0.0)
    usual = line.unknown if line is not None else 0.0
    excess = float(entry.get("excess", points - usual))
    if line is None or entry.get("value") is None:
        zh, en = _plainly(entry)
        return Sentence(feature, zh, en, points, excess)
    if entry["value"] == "✗":
        return Sentence(feature, f"{line.zh}：否", f"{line.en}: no", points, excess)
    zh, en = _value(line, entry["value"])
    zh, en = line.say.format(value=zh), line.say_en.format(value=en)
    within = [(other, others[other]["value"]) for other in line.joined if other in others]
    lines = [(card.line(other), value) for other, value in within]
    if lines:
        zh += "（" + "、".join(other.within.format(value=_number(value)) for other, value in lines if other) + "）"
        en += " (" + ", ".join(other.within_en.format(value=_number(value)) for other, value in lines if other) + ")"
    if feature.startswith(BY_MODEL):
        zh, en = f"{zh}（违规可能）", f"{en} (non-compliance)"
    return Sentence(feature, zh, en, points, excess)


def _plainly(entry: Contribution) -> tuple[str, str]:
    """A contribution that the card of the day does not have, such as a cap or a line of older rules."""
    if entry.get("value") is None:
        return str(entry["zh"]), str(entry["en"])
    value = _number(entry["value"])
    return (f"{entry['zh']}：{value}{entry.get('unit') or ''}",
            f"{entry['en']}: {value} {entry.get('unit_en') or ''}".rstrip())


def _value(line: Line, value: Any) -> tuple[str, str]:
    if line.words and value in line.words:
        return line.words[value][1], line.words[value][2]
    return _number(value), _number(value)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.10g}"
    return str(value)
