"""Stores what the record of a visit has beside its hazards: facts, answers, rechecks of earlier hazards, evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict

from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import ResultForm
from casework.officers import Place
from casework.sheets import Answer, Evidence, Recheck, check_correction
from store import Queries
from store.database import Connection

q = Queries(__file__)


def rechecks_of(connection: Connection, form: ResultForm, place: Place, kind: str, day: dt.date) -> list[Recheck]:
    """What is said of earlier hazards: by ``rechecks``, by ``corrected``, and at a re-inspection by silence.

    A hazard of the unit that a re-inspection does not name as corrected was not corrected.
    """
    said = [*form.rechecks, *(Recheck(hazard, True) for hazard in form.corrected)]
    named = [one.hazard_id for one in said]
    if len(set(named)) < len(named):
        raise CaseworkError("a hazard is named twice among those corrected", zh="同一条旧隐患填了两次")
    held = {row["hazard_id"]: row for row in connection.execute(q["hazards"], {
        "unit": place.unit_id, "ids": named, "day": day}).fetchall()}
    for one in said:
        row = held.get(one.hazard_id)
        if row is None:
            raise NotFound(f"hazard {one.hazard_id} is not one of unit {place.unit_no}",
                           zh=f"隐患 {one.hazard_id} 不属于单位 {place.unit_no}")
        if row["corrected_on"] is not None:
            raise AlreadyDone(f"hazard {one.hazard_id} was found corrected on {row['corrected_on']} before",
                              zh=f"隐患 {one.hazard_id} 已于 {row['corrected_on']} 查实改正，不能重复填写")
        if one.corrected:
            check_correction(f"hazard {one.hazard_id} ({row['item_code']})", f"隐患 {row['item_code']} ", one.evidence,
                             form.evidence, day)
    if kind == "reinspection" and form.result != "closed":
        said += [Recheck(hazard, False) for hazard, row in held.items()
                 if hazard not in named and row["corrected_on"] is None]
    return said


def store(connection: Connection, inspection_id: int, form: ResultForm, day: dt.date) -> None:
    """The facts and answers of the record, and the evidence of the visit and its hazards."""
    connection.execute(q["insert_sheet"], {"inspection": inspection_id, "day": day, **asdict(form.sheet)})
    _store_answers(connection, inspection_id, form.answers, {hazard.item_code for hazard in form.hazards}, day)
    _store_evidence(connection, inspection_id, ((None, one) for one in form.evidence))
    numbers = {row["item_code"]: row["hazard_id"] for row in connection.execute(q["new_hazards"], [inspection_id])}
    _store_evidence(connection, inspection_id, ((numbers[hazard.item_code], one) for hazard in form.hazards
                                                for one in hazard.evidence))


def store_rechecks(connection: Connection, inspection_id: int, rechecks: Iterable[Recheck]) -> None:
    """The new answer for each earlier hazard, beside the old one."""
    with connection.cursor() as cursor:
        cursor.executemany(q["insert_recheck"], [(inspection_id, one.hazard_id, one.corrected, one.note)
                                                 for one in rechecks])
    _store_evidence(connection, inspection_id, ((one.hazard_id, part) for one in rechecks for part in one.evidence))


def _store_answers(connection: Connection, inspection_id: int, answers: tuple[Answer, ...], hazards: set[str],
                   day: dt.date) -> None:
    seen: set[str] = set()
    known = {row["item_code"]: row["valid_from"] for row in connection.execute(
        q["items"], {"items": [one.item_code for one in answers], "day": day}).fetchall()}
    for one in answers:
        item = one.item_code
        if item in hazards or item in seen:
            raise CaseworkError(f"item {item} is answered twice: an item with a hazard needs no answer beside it",
                                zh=f"检查项目 {item} 填了两次：已填隐患的项目不再填写检查结论")
        if item not in known:
            raise CaseworkError(f"item {item} is not in the catalogue of inspection items on {day}",
                                zh=f"{day} 有效的检查事项清单中没有 {item}")
        seen.add(item)
    with connection.cursor() as cursor:
        cursor.executemany(q["insert_answer"],
                           [(inspection_id, one.item_code, known[one.item_code], one.answer, one.note)
                                                for one in answers])


def _store_evidence(connection: Connection, inspection_id: int, parts: Iterable[tuple[int | None, Evidence]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(q["insert_evidence"], [
            (inspection_id, hazard, one.kind, one.uri, one.sha256, one.seconds, one.note) for hazard, one in parts])
