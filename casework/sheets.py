"""消防监督检查记录: the facts, answers and evidence of a visit's record, and what it must have by policy."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from casework.errors import CaseworkError
from casework.reading import chosen, entries, flag, mapping, measure, note, number, word
from policy import calendar, rules
from policy.clocks import SHANGHAI

_LONGEST_URI = 1000


@dataclass(frozen=True)
class Evidence:
    """Where a photograph or video is kept, with the SHA-256 of its bytes, so that it can't be exchanged unseen."""

    uri: str
    sha256: str
    kind: str = "photo"
    seconds: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class Answer:
    """An item of the catalogue that was looked at and gave no hazard: fits, not_applicable or not_checked."""

    item_code: str
    answer: str
    note: str | None = None


@dataclass(frozen=True)
class Recheck:
    """What a visit found of an earlier hazard of the unit."""

    hazard_id: int
    corrected: bool
    note: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The facts of the record beside times, officers and hazards."""

    responsible_person: str | None = None
    responsible_phone: str | None = None
    manager: str | None = None
    manager_phone: str | None = None
    accompanied_by: str | None = None
    floor_area_m2: float | None = None
    storeys: int | None = None
    storeys_below: int | None = None
    height_m: float | None = None
    signed_by: str | None = None
    oral_order: str | None = None


_NUMBERS = {"floor_area_m2": 1e8, "height_m": 2000, "storeys": 300, "storeys_below": 30}
FIELDS = tuple(field.name for field in fields(Sheet))


def sheet(data: Any) -> Sheet:
    """A :class:`Sheet` from JSON; what is left empty is not there."""
    form = mapping({} if data is None else data, "the sheet", Sheet)
    found: dict[str, Any] = {}
    for name, value in form.items():
        if name in _NUMBERS:
            size = measure(value, f"sheet.{name}", _NUMBERS[name])
            found[name] = int(size) if size is not None and name.startswith("storeys") else size
        elif name == "oral_order":
            found[name] = note(value, "sheet.oral_order")
        else:
            found[name] = None if value is None or not str(value).strip() else word(value, f"sheet.{name}")
    return Sheet(**found)


def evidence(entry: Any, name: str) -> Evidence:
    """An :class:`Evidence` from JSON."""
    form = mapping(entry, name, Evidence)
    digest = word(form.get("sha256"), f"{name}: sha256", 64).lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise CaseworkError(f"{name}: sha256 must be the 64 hexadecimal digits of the file's SHA-256",
                            zh="证据的 sha256 应为文件 SHA-256 摘要的 64 位十六进制数字")
    seconds = measure(form.get("seconds"), f"{name}: seconds", 1e6)
    return Evidence(word(form.get("uri"), f"{name}: uri", _LONGEST_URI), digest,
                    word(form.get("kind", "photo"), f"{name}: kind"), seconds or None,
                    note(form.get("note"), f"{name}: note"))


def answer(entry: Any) -> Answer:
    """An :class:`Answer` from JSON."""
    form = mapping(entry, "an answer", Answer)
    item = word(form.get("item_code"), "answers: item_code", 64)
    return Answer(item, chosen(form.get("answer"), f"item {item}: answer", ["fits", "not_applicable", "not_checked"]),
                  note(form.get("note"), f"item {item}: note"))


def recheck(entry: Any) -> Recheck:
    """A :class:`Recheck` from JSON."""
    form = mapping(entry, "a recheck", Recheck)
    hazard = number(form.get("hazard_id"), "rechecks: hazard_id")
    return Recheck(hazard, flag(form.get("corrected"), f"hazard {hazard}: corrected"),
                   note(form.get("note"), f"hazard {hazard}: note"),
                   tuple(evidence(one, f"hazard {hazard}: evidence") for one in entries(form, "evidence")))


def mandatory(kind: str, day: dt.date) -> list[str]:
    """The fields that the record of a kind of visit must have on a day."""
    table = rules().value("inspection.mandatory", day)
    return [*table.get("all", []), *table.get(kind, [])]


def check_sheet(form: Sheet, kind: str, result: str, day: dt.date) -> None:
    """Refuse a record that lacks a mandatory field, naming all that are missing; closed premises have nobody to ask."""
    if result == "closed":
        return
    missing = [name for name in mandatory(kind, day) if getattr(form, name) is None]
    if missing:
        names = {entry["code"]: entry for entry in rules().value("inspection.fields", day)}
        said = ", ".join(f"sheet.{name} ({names.get(name, {}).get('en', name)})" for name in missing)
        raise CaseworkError(
            f"the record of a visit of kind {kind} must have {said}: 消防监督检查规定 Art. 14 asks for a true record",
            zh=f"检查记录缺少必填项：{'、'.join(names.get(name, {}).get('zh', name) for name in missing)}"
               f"（《消防监督检查规定》第十四条）")


def check_evidence(kinds_of: Sequence[Evidence], day: dt.date) -> None:
    """Every piece of evidence is of a kind that policy knows."""
    kinds = [entry["code"] for entry in rules().value("inspection.evidence_kinds", day)]
    for one in kinds_of:
        chosen(one.kind, f"evidence {one.uri}: kind", kinds)


def check_correction(what: str, zh: str, own: Sequence[Evidence], whole: Sequence[Evidence], day: dt.date) -> None:
    """An open item disappears only with evidence: its own, or that of the visit as a whole."""
    if rules().value("inspection.correction_evidence", day) and not own and not whole:
        raise CaseworkError(f"{what} is said to be corrected without evidence: add a photograph or video with its "
                            f"SHA-256 (呼政办规〔2023〕3号 二(五), 行政处罚法 Art. 47)",
                            zh=f"{zh}填写为已改正，但没有证据：请附照片或视频及其 SHA-256（《行政处罚法》第四十七条）")


def trigger_of(kind: str, day: dt.date) -> str:
    """What sets a visit of a kind off where its record says no other."""
    for entry in rules().value("inspection.triggers", day):
        if kind in entry["kinds"]:
            return str(entry["code"])
    return "in_use"


def check_trigger(code: str | None, day: dt.date) -> None:
    """One of the sources that policy knows."""
    if code is not None:
        chosen(code, "trigger", [entry["code"] for entry in rules().value("inspection.triggers", day)])


def time_class(started_at: dt.datetime) -> str:
    """The class of a visit by the clock at its start: working, off_hours, midnight, or holiday (by day)."""
    local = started_at.astimezone(SHANGHAI)
    hours = {name: dt.time.fromisoformat(text) for name,
             text in rules().value("inspection.hours", local.date()).items()}
    clock = local.time()
    if hours["midnight_from"] <= clock < hours["midnight_to"]:
        return "midnight"
    if not hours["work_from"] <= clock < hours["work_to"]:
        return "off_hours"
    return "working" if calendar().is_working_day(local.date()) else "holiday"
