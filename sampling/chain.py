"""The chain of records in the database: each is checked, and each must name the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from sampling import verify
from sampling.bundle import commitment_of
from sampling.freeze import reason_text
from sampling.reading import q
from sampling.tickets import GENESIS
from store import Database


def check(db: Database) -> Iterator[tuple[str, bool, str]]:
    """(draw number, whether it agrees, a sentence) for every record in order; content is read one record at a time."""
    before: dict[str, Any] | None = None
    for record in db.rows(q["records"]):
        content = db.row(q["content"], [record["draw_id"]])
        problem = "its content is gone" if content is None else _problem(db, record, content, before)
        yield record["draw_no"], problem is None, problem or f"{record['status']}, commitment {record['commitment']}"
        before = record


def _problem(db: Database, record: dict[str, Any], content: dict[str, Any],  # noqa: PLR0911  one line a promise
             before: dict[str, Any] | None) -> str | None:
    allowed = {before["record_hash"], before["commitment"]} if before else {GENESIS}
    sequence = before["sequence"] + 1 if before else 1
    if record["sequence"] != sequence:
        return f"it has sequence {record['sequence']}, {sequence} comes next: a record is missing"
    if record["previous"] not in allowed:
        return "the record it names before it is not the one that stands before it"
    if commitment_of(bytes(content["frame"])) != record["commitment"]:
        return "its frame has not the digest that was published as its commitment"
    different = _unlike_frame(db, record, orjson.loads(content["frame"]))
    if different or record["status"] == "frozen":
        return different
    status, text = verify.check(bytes(content["bundle"]), record["commitment"])
    if status:
        return text
    bundle = orjson.loads(content["bundle"])
    if bundle["record_hash"] != record["record_hash"] or bundle["frame"]["previous"] != record["previous"]:
        return "its record hash in the table is not that of its bundle"
    return _unlike_result(db, record, bundle["result"])


def _unlike_frame(db: Database, record: dict[str, Any], frame: dict[str, Any]) -> str | None:
    """The first unit whose row in the table is not what the frame says of it."""
    stored = {row["unit_no"]: tuple(row.values()) for row in db.rows(q["frozen_units"], [record["draw_id"]])}
    for unit in frame["units"]:
        said = (unit["unit_no"], unit["stratum"], unit["p_duty"], unit["p_random"], unit["p_targeted"],
                unit["p_total"], reason_text(unit["excluded"]))
        held = stored.pop(unit["unit_no"], None)
        if held != said:
            return (f"unit {unit['unit_no']} in the table is {' '.join(map(str, held)) if held else 'missing'}, the "
                    f"frame has {' '.join(map(str, said))}")
    extra = next(iter(stored), None)
    return f"unit {extra} is in the table, but not in the frame" if stored else None


def _unlike_result(db: Database, record: dict[str, Any], result: dict[str, Any]) -> str | None:
    """The first visit whose row in the table is not what the bundle says of it."""
    sealed = [(v["position"], v["unit_no"], v["arm"], v["probability"], v["lead"], v["second"])
              for v in result["visits"]]
    stored = db.rows(q["planned_visits"], [record["draw_id"]])
    if len(stored) != len(sealed):
        return f"the table has {len(stored)} visits, the bundle has {len(sealed)}"
    for held, said in zip(stored, sealed, strict=True):
        if tuple(held.values()) != said:
            return (f"visit {said[0]} in the table is {' '.join(map(str, held.values()))}, the bundle has "
                    f"{' '.join(map(str, said))}")
    return None
