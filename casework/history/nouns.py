"""What a history can be of: the fields of each noun, and the words each field takes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from casework.deadlines import complaint_kinds
from casework.history.fields import Spec
from casework.history.keys import MapError
from policy import rules
from registry.cells import CellError, shown
from registry.kinds import inspection_kinds

_RULES = dt.date(2026, 1, 1)
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
_TRUE, _FALSE = frozenset({"是", "yes", "y", "1", "true", "t"}), frozenset({"否", "no", "n", "0", "false", "f"})


@dataclass(frozen=True)
class Field:
    """``kind``: text, choice, flag, number, day or moment. ``read`` turns a text into its value or raises CellError."""

    kind: str
    read: Callable[[str], Any]
    needed: bool = False
    default: Any = None


@dataclass(frozen=True)
class Noun:
    """One kind of history: its section of the map, its number, its fields."""

    code: str
    section: str
    number: str
    fields: dict[str, Field]


def flag(word: str) -> bool:
    if word.casefold() in _TRUE:
        return True
    if word.casefold() in _FALSE:
        return False
    raise CellError("it is neither yes nor no: map it to true or false")


def number(word: str) -> float:
    if not _NUMBER.fullmatch(word) or len(word) > 30:
        raise CellError("it is not a number")
    return float(word.replace(",", ""))


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word in words:
            return word
        if word.casefold() in words:
            return word.casefold()
        raise CellError(f"it must be one of {', '.join(words)}")
    return read


def bounded(longest: int, *, line: bool = True) -> Callable[[str], str]:
    """Text of at most ``longest`` characters; a note (``line`` False) is cut there, a number or name is refused."""
    def read(word: str) -> str:
        if "\x00" in word or (line and not word.isprintable()):
            raise CellError("it holds characters that are not text")
        if len(word) > longest:
            if line:
                raise CellError(f"it has {len(word)} characters, at most {longest} fit")
            return word[:longest]
        return word
    return read


def check_words(one: Spec, words: Sequence[str]) -> None:
    """Refuse a map whose field would give a word that is not one of ``words``."""
    read = one_of(words)
    for word in one.texts():
        try:
            read(word)
        except CellError as error:
            raise MapError(f"{one.key} gives {shown(word)!r}: {error}") from None


def _codes(rule: str) -> list[str]:
    return [str(entry["code"]) for entry in rules().value(rule, _RULES)]


def _nothing(word: str) -> str:
    return word


def _choice(words: Sequence[str], default: str | None = None, *, needed: bool = False) -> Field:
    return Field("choice", one_of(words), needed, default)


_KEY = Field("text", bounded(64))
_NOTE = Field("text", bounded(2000, line=False))
_DAY, _MOMENT = Field("day", _nothing), Field("moment", _nothing)
_NEEDED_DAY, _NEEDED_MOMENT = Field("day", _nothing, True), Field("moment", _nothing, True)


@lru_cache(maxsize=1)
def nouns() -> dict[str, Noun]:
    """Every noun by its code in the map."""
    found = [
        Noun("inspections", "visit", "inspection_no", {
            "inspection_no": _KEY, "date": _NEEDED_MOMENT, "ended": _MOMENT,
            "result": _choice(_codes("inspection.results")),
            "status": _choice(("done", "not_possible", "cancelled"), "done"),
            "kind": _choice(tuple(inspection_kinds(_RULES)), "import"),
            "team": Field("text", bounded(100)), "note": _NOTE}),
        Noun("fires", "fire", "fire_no", {
            "fire_no": _KEY, "occurred_at": _NEEDED_MOMENT, "procedure": _choice(_codes("fire.procedures"), "simple"),
            "note": _NOTE}),
        Noun("complaints", "complaint", "complaint_no", {
            "complaint_no": _KEY, "received_at": _NEEDED_MOMENT,
            "channel": _choice(_codes("complaint.channels"), "other"),
            "kind": _choice(tuple(complaint_kinds(_RULES)), "other"), "anonymous": Field("flag", flag, default=True),
            "checked_at": _MOMENT, "verified": Field("flag", flag), "note": _NOTE}),
        Noun("penalties", "penalty", "case_no", {
            "case_no": _KEY, "decided_on": _NEEDED_DAY, "kind": _choice(_codes("penalty.kinds"), needed=True),
            "amount_yuan": Field("number", number), "article": Field("text", bounded(200), True),
            "withdrawn_on": _DAY}),
        Noun("credit", "credit", "event_ref", {
            "event_ref": _KEY, "occurred_on": _NEEDED_DAY, "points": Field("number", number, True),
            "event_kind": Field("text", bounded(64), default="import"), "article": Field("text", bounded(200), True)}),
    ]
    return {noun.code: noun for noun in found}
