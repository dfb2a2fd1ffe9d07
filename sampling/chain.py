"""The chain of records in the database: each is checked, and each must name the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from sampling import verify
from sampling.bundle import commitment_of
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
    if record["status"] == "frozen":
        return None
    status, text = verify.check(bytes(content["bundle"]), record["commitment"])
    if status:
        return text
    bundle = orjson.loads(content["bundle"])
    if bundle["record_hash"] != record["record_hash"] or bundle["frame"]["previous"] != record["previous"]:
        return "its record hash in the table is not that of its bundle"
    sealed = [(v["position"], v["unit_no"], v["arm"], v["probability"], v["lead"], v["second"])
              for v in bundle["result"]["visits"]]
    stored = db.rows(q["planned_visits"], [record["draw_id"]])
    if len(stored) != len(sealed):
        return f"the table has {len(stored)} visits, the bundle has {len(sealed)}"
    for held, said in zip(stored, sealed, strict=True):
        if tuple(held.values()) != said:
            return (f"visit {said[0]} in the table is {' '.join(map(str, held.values()))}, the bundle has "
                    f"{' '.join(map(str, said))}")
    return None
