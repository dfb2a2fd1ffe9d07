"""The forms people fill in, read from plain JSON: each mistake is one sentence, each text is bounded."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from casework.errors import CaseworkError
from policy.clocks import SHANGHAI

LONGEST_NOTE = 4000
LONGEST_WORD = 200
MOST_ENTRIES = 500

T = TypeVar("T")


@dataclass(frozen=True)
class HazardFound:
    """One hazard (火灾隐患) found at a visit, by item of the catalogue.

    ``severity`` None takes the catalogue's. ``due_on`` belongs to ``ordered`` alone: the day of the visit means
    责令立即改正, a later one 责令限期改正. ``is_major`` is 重大火灾隐患.
    """

    item_code: str
    handling: str
    due_on: dt.date | None = None
    severity: str | None = None
    is_major: bool = False
    note: str | None = None


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
    was served, the day of the visit if left out.
    """

    started_at: dt.datetime
    ended_at: dt.datetime
    result: str
    hazards: tuple[HazardFound, ...] = ()
    officers: tuple[tuple[str, str], ...] | None = None
    corrected: tuple[int, ...] = ()
    served_on: dt.date | None = None
    note: str | None = None


def result_form(data: Any) -> ResultForm:
    """A :class:`ResultForm` from JSON: times in ISO 8601 (Asia/Shanghai without a zone), days as 2026-03-01."""
    form = _mapping(data, "the form", ResultForm)
    hazards = tuple(_hazard(entry, n) for n, entry in enumerate(_list(form, "hazards"), 1))
    officers = None if form.get("officers") is None else tuple(_officer(entry) for entry in _list(form, "officers"))
    return ResultForm(
        started_at=moment(form.get("started_at"), "started_at"), ended_at=moment(form.get("ended_at"), "ended_at"),
        result=word(form.get("result"), "result"), hazards=hazards, officers=officers,
        corrected=tuple(_integer(entry, "corrected") for entry in _list(form, "corrected")),
        served_on=optional_day(form.get("served_on"), "served_on"), note=note(form.get("note")))


def new_visit(data: Any) -> NewVisit:
    """A :class:`NewVisit` from JSON."""
    form = _mapping(data, "the visit", NewVisit)
    return NewVisit(word(form.get("unit_no"), "unit_no"), word(form.get("kind"), "kind"))


def moment(value: Any, name: str) -> dt.datetime:
    """A moment in UTC; text without a time zone is Asia/Shanghai."""
    found = value
    if isinstance(value, str) and len(value) <= 40:
        try:
            found = dt.datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is not None and re.fullmatch(r"[0-9W-]+", value):
            found = None
    if not isinstance(found, dt.datetime):
        raise CaseworkError(f"{name} must be a moment such as 2026-03-01T09:30, not {_shown(value)}",
                            zh=f"{name} 应为时间，如 2026-03-01T09:30，而不是 {_shown(value)}")
    try:
        return (found if found.tzinfo else found.replace(tzinfo=SHANGHAI)).astimezone(dt.UTC)
    except OverflowError:
        raise CaseworkError(f"{name} is outside the years that can be reckoned with: {_shown(value)}") from None


def day(value: Any, name: str) -> dt.date:
    """A day such as 2026-03-01."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise CaseworkError(f"{name} must be a day such as 2026-03-01, not {_shown(value)}",
                        zh=f"{name} 应为日期，如 2026-03-01，而不是 {_shown(value)}")


def optional_day(value: Any, name: str) -> dt.date | None:
    return None if value in (None, "") else day(value, name)


def word(value: Any, name: str, longest: int = LONGEST_WORD) -> str:
    """Text that must be there, on one line, of at most ``longest`` characters."""
    if not isinstance(value, str) or not value.strip():
        raise CaseworkError(f"{name} is missing", zh=f"缺少 {name}")
    if len(value) > longest or not value.isprintable():
        raise CaseworkError(f"{name} must be one line of at most {longest} characters")
    return value.strip()


def note(value: Any, name: str = "note") -> str | None:
    """Free text of at most ``LONGEST_NOTE`` characters, or nothing."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_NOTE or re.search("[\x00\ud800-\udfff]", value):
        raise CaseworkError(f"{name} must be text of at most {LONGEST_NOTE} characters")
    return value.strip() or None


def reason(value: Any) -> str:
    """Why a person changed something: asked for wherever a plan is changed, since the change stays on record."""
    found = note(value, "the reason")
    if not found or len(found) > LONGEST_WORD * 5:
        raise CaseworkError(f"say the reason, in at most {LONGEST_WORD * 5} characters",
                            zh=f"请填写原因，最多 {LONGEST_WORD * 5} 个字")
    return found


def chosen(value: Any, name: str, codes: list[str]) -> str:
    """One of ``codes``."""
    if value not in codes:
        raise CaseworkError(f"{name} must be one of {', '.join(codes)}, not {_shown(value)}",
                            zh=f"{name} 应为 {'、'.join(codes)} 之一，而不是 {_shown(value)}")
    return str(value)


def _hazard(entry: Any, number: int) -> HazardFound:
    form = _mapping(entry, f"hazard {number}", HazardFound)
    severity, major = form.get("severity"), form.get("is_major", False)
    if not isinstance(major, bool):
        raise CaseworkError(f"hazard {number}: is_major must be true or false")
    return HazardFound(word(form.get("item_code"), f"hazard {number}: item_code", 64),
                       word(form.get("handling"), f"hazard {number}: handling"),
                       optional_day(form.get("due_on"), f"hazard {number}: due_on"),
                       None if severity in (None, "") else word(severity, f"hazard {number}: severity"), major,
                       note(form.get("note"), f"hazard {number}: note"))


def _officer(entry: Any) -> tuple[str, str]:
    if isinstance(entry, Mapping) and set(entry) == {"officer_no", "role"}:
        entry = (entry["officer_no"], entry["role"])
    if not isinstance(entry, list | tuple) or len(entry) != 2:
        raise CaseworkError('an officer is written as {"officer_no": ..., "role": "lead" or "member"}')
    return word(entry[0], "officer_no", 32), word(entry[1], "role")


def _mapping(data: Any, what: str, kind: type[Any]) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise CaseworkError(f"{what} must be a table of fields")
    known = {field.name for field in fields(kind)}
    for name in data:
        if name not in known:
            raise CaseworkError(f"{what} has no field {_shown(name)}: it has {', '.join(sorted(known))}")
    return dict(data)


def _list(form: Mapping[str, Any], name: str) -> list[Any]:
    value = form.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise CaseworkError(f"{name} must be a list")
    if len(value) > MOST_ENTRIES:
        raise CaseworkError(f"{name} has {len(value)} entries, at most {MOST_ENTRIES} are taken")
    return list(value)


def _integer(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**62:
        raise CaseworkError(f"{name} must hold numbers of hazards, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
