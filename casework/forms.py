"""The forms people fill in, read from plain JSON: each mistake is one sentence, each text is bounded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework.errors import CaseworkError
from casework.reading import (
    LONGEST_NOTE,
    LONGEST_WORD,
    MOST_ENTRIES,
    chosen,
    day,
    entries,
    flag,
    mapping,
    moment,
    note,
    number,
    optional_day,
    reason,
    word,
)
from casework.sheets import Answer, Evidence, Recheck, Sheet, answer, evidence, recheck, sheet

__all__ = ["LONGEST_NOTE", "LONGEST_WORD", "MOST_ENTRIES", "Answer", "Evidence", "HazardFound", "NewVisit", "Recheck",
           "ResultForm", "Sheet", "chosen", "day", "moment", "new_visit", "note", "optional_day", "reason",
           "result_form", "word"]

_NO_FACTS = Sheet()


@dataclass(frozen=True)
class HazardFound:
    """One hazard (火灾隐患) found at a visit, by item of the catalogue.

    ``severity`` None takes the catalogue's. ``due_on`` belongs to ``ordered`` alone: the day of the visit means
    责令立即改正, a later one 责令限期改正. ``is_major`` is 重大火灾隐患. ``oral`` says that it was
    trivial, corrected on the spot and ordered orally.
    """

    item_code: str
    handling: str
    due_on: dt.date | None = None
    severity: str | None = None
    is_major: bool = False
    note: str | None = None
    oral: bool = False
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class NewVisit:
    """A visit that was not planned: what begins it is said by its kind (投诉核查, 专项 ...)."""

    unit_no: str
    kind: str


@dataclass(frozen=True)
class ResultForm:
    """What two officers bring back from a visit.

    ``officers`` None takes those planned; otherwise (officer_no, role) with exactly one ``lead``. ``corrected`` names
    earlier hazards of the unit, by id, that this visit found corrected (复查). ``served_on`` is when a 限期改正 order
    was served, the day of the visit if left out. ``rechecks`` say of earlier hazards what was found now, ``answers``
    which items were looked at and gave no hazard, ``evidence`` what was recorded of the visit as a whole. ``trigger``
    says what set the visit off where that is not what its kind says.
    """

    started_at: dt.datetime
    ended_at: dt.datetime
    result: str
    hazards: tuple[HazardFound, ...] = ()
    officers: tuple[tuple[str, str], ...] | None = None
    corrected: tuple[int, ...] = ()
    served_on: dt.date | None = None
    note: str | None = None
    sheet: Sheet = _NO_FACTS
    evidence: tuple[Evidence, ...] = ()
    answers: tuple[Answer, ...] = ()
    rechecks: tuple[Recheck, ...] = ()
    trigger: str | None = None


def result_form(data: Any) -> ResultForm:
    """A :class:`ResultForm` from JSON: times in ISO 8601 (Asia/Shanghai without a zone), days as 2026-03-01."""
    form = mapping(data, "the form", ResultForm)
    hazards = tuple(_hazard(entry, n) for n, entry in enumerate(entries(form, "hazards"), 1))
    officers = None if form.get("officers") is None else tuple(_officer(entry) for entry in entries(form, "officers"))
    return ResultForm(
        started_at=moment(form.get("started_at"), "started_at"), ended_at=moment(form.get("ended_at"), "ended_at"),
        result=word(form.get("result"), "result"), hazards=hazards, officers=officers,
        corrected=tuple(number(entry, "corrected") for entry in entries(form, "corrected")),
        served_on=optional_day(form.get("served_on"), "served_on"), note=note(form.get("note")),
        sheet=sheet(form.get("sheet")), evidence=tuple(evidence(entry,
                                                                "evidence") for entry in entries(form, "evidence")),
        answers=tuple(answer(entry) for entry in entries(form, "answers")),
        rechecks=tuple(recheck(entry) for entry in entries(form, "rechecks")),
        trigger=word(form["trigger"], "trigger") if form.get("trigger") else None)


def new_visit(data: Any) -> NewVisit:
    """A :class:`NewVisit` from JSON."""
    form = mapping(data, "the visit", NewVisit)
    return NewVisit(word(form.get("unit_no"), "unit_no"), word(form.get("kind"), "kind"))


def _hazard(entry: Any, place: int) -> HazardFound:
    form = mapping(entry, f"hazard {place}", HazardFound)
    severity = form.get("severity")
    major, oral = (flag(form.get(name, False), f"hazard {place}: {name}") for name in ("is_major", "oral"))
    return HazardFound(word(form.get("item_code"), f"hazard {place}: item_code", 64),
                       word(form.get("handling"), f"hazard {place}: handling"),
                       optional_day(form.get("due_on"), f"hazard {place}: due_on"),
                       None if severity in (None, "") else word(severity, f"hazard {place}: severity"), major,
                       note(form.get("note"), f"hazard {place}: note"), oral,
                       tuple(evidence(entry, f"hazard {place}: evidence") for entry in entries(form, "evidence")))


def _officer(entry: Any) -> tuple[str, str]:
    if isinstance(entry, Mapping) and set(entry) == {"officer_no", "role"}:
        entry = (entry["officer_no"], entry["role"])
    if not isinstance(entry, list | tuple) or len(entry) != 2:
        raise CaseworkError('an officer is written as {"officer_no": ..., "role": "lead" or "member"}',
                            zh='检查人员应写为 {"officer_no": ..., "role": "lead" 或 "member"}')
    return word(entry[0], "officer_no", 32), word(entry[1], "role")


