"""The four risk classes and the direct conditions, in words. Classes are internal: never in an answer to the public."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from policy import rules
from scoring.card import CLASSES, Card


@dataclass(frozen=True)
class Label:
    """A code with its name in Chinese and English."""

    code: str
    zh: str
    en: str


LABELS = {label.code: label for label in (
    Label("A", "风险低", "low"), Label("B", "风险一般", "general"), Label("C", "风险较高", "higher"),
    Label("D", "风险高", "high"))}


def label(code: str) -> Label:
    """The name of a class."""
    return LABELS[code]


def reasons(codes: Iterable[str], day: dt.date) -> list[Label]:
    """The names of direct conditions as policy has them on ``day``; a code that it does not have stands for itself."""
    known = {condition.code: Label(condition.code, condition.zh, condition.en) for condition in Card.on(day).direct}
    known |= {rule["code"]: Label(rule["code"], rule["zh"], rule["en"]) for rule in rules().value("raises.rules", day)}
    return [known.get(code, Label(code, code, code)) for code in codes]


def cuts(day: dt.date) -> dict[str, float]:
    """The lowest score of each class above A on ``day``."""
    return dict(zip(CLASSES[1:], Card.on(day).cuts, strict=True))
