"""The chain of records in the database: each is checked, and each must name the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from sampling import verify
from sampling.bundle import commitment_of, joined
from sampling.frames import View
from sampling.freeze import groups
from sampling.lists import drawing
from sampling.lists.lineage import Lineage, lineage, only_officers
from sampling.lists.pool import peers
from sampling.profiles import ARMS
from sampling.reading import q
from sampling.tickets import GENESIS, PROTOCOL
from store import Database


def check(db: Database) -> Iterator[tuple[str, bool, str]]:
    """(draw number, whether it agrees, a sentence) for every record in order; content is read one record at a time."""
    before: dict[str, Any] | None = None
    for record in db.rows(q["records"]):
        content = db.row(q["content"], [record["draw_id"]])
        if content is None:
            yield record["draw_no"], False, "its content is gone"
        else:
            frame = orjson.loads(content["frame"])
            problem = _problem(db, record, content, frame, before)
            yield record["draw_no"], problem is None, problem or _said(record, frame.get("protocol"))
        before = record


def _said(record: dict[str, Any], protocol: str | None) -> str:
    known = protocol == PROTOCOL or record["kind"] != "daily"
    rest = "" if known else f"; of the protocol {protocol}: only its frame's digest and its link checked"
    return f"{record['status']}, commitment {record['commitment']}{rest}"


def _problem(db: Database, record: dict[str, Any], content: dict[str, Any],  # noqa: PLR0911  one line a promise
             frame: dict[str, Any], before: dict[str, Any] | None) -> str | None:
    allowed = {before["record_hash"], before["commitment"]} if before else {GENESIS}
    sequence = before["sequence"] + 1 if before else 1
    if record["sequence"] != sequence:
        return f"it has sequence {record['sequence']}, {sequence} comes next: a record is missing"
    if record["previous"] not in allowed:
        return "the record it names before it is not the one that stands before it"
    if commitment_of(bytes(content["frame"])) != record["commitment"]:
        return "its frame has not the digest that was published as its commitment"
    daily = record["kind"] == "daily"
    if daily and frame.get("protocol") != PROTOCOL:
        return None
    different = _unlike_frame(db, record, frame) if daily else _unlike_first(db, frame)
    if different or record["status"] == "frozen":
        return different
    status, text = verify.check(joined(bytes(content["frame"]), bytes(content["bundle"])), record["commitment"])
    if status:
        return text
    bundle = orjson.loads(content["bundle"])
    if bundle["record_hash"] != record["record_hash"] or frame["previous"] != record["previous"]:
        return "its record hash in the table is not that of its bundle"
    if not daily:
        return unlike_list(db, record, frame, bundle["result"])
    return _unlike_result(db, record, frame, bundle["result"])


def _unlike_frame(db: Database, record: dict[str, Any], frame: dict[str, Any]) -> str | None:
    """The first sum in the table that is not what the frame says."""
    stored = [tuple(row.values()) for row in db.rows(q["frozen_groups"], [record["draw_id"]])]
    said = sorted(groups(frame))
    for held, made in zip(stored, said, strict=False):
        if held != made:
            return (f"units of {held[0]} {held[1]} in the table are {' '.join(map(str, held[2:]))}, the frame has "
                    f"{' '.join(map(str, made))}")
    if len(stored) != len(said):
        return f"the table has {len(stored)} groups of units, the frame has {len(said)}"
    return None


def _unlike_result(db: Database, record: dict[str, Any], frame: dict[str, Any], result: dict[str, Any]) -> str | None:
    """The first visit whose row in the table is not what the bundle says of it."""
    sealed = list(_sealed(frame, result))
    stored = db.rows(q["planned_visits"], [record["draw_id"]])
    if len(stored) != len(sealed):
        return f"the table has {len(stored)} visits, the bundle has {len(sealed)}"
    for held, said in zip(stored, sealed, strict=True):
        if tuple(held.values()) != said:
            return (f"visit {said[0]} in the table is {' '.join(map(str, held.values()))}, the bundle has "
                    f"{' '.join(map(str, said))}")
    return None


def _sealed(frame: dict[str, Any], result: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    view = View(frame)
    for visit in result["visits"]:
        at = view.find(visit["unit_no"])
        unit = view.row(at) if at is not None else {}
        yield (visit["position"], visit["unit_no"], unit.get("stratum"), visit["arm"], visit["probability"],
               *(unit.get(f"p_{arm}") for arm in ARMS), visit["lead"], visit["second"])


def unlike_list(db: Database, record: dict[str, Any], frame: dict[str, Any], result: dict[str, Any]) -> str | None:
    """The first visit of a list whose rows in the tables are not what the bundle says of it.

    Where one department drew its officers anew, the rows hold the teams of the others too, as the first draw has them.
    """
    with db.connection() as connection:
        stands = drawing.carried(connection, record["draw_id"], frame)
    sealed = [[v["position"], v["object_no"], v["day"], v["probability"], v["stands_for"],
               sorted([one["department"], one["lead"], one["second"]]
                      for one in (*v["teams"], *stands.get(v["object_no"], ())))] for v in result["visits"]]
    stored = [[*row.values()] for row in db.rows(q["list_visits"], [record["draw_id"]])]
    if len(stored) != len(sealed):
        return f"the table has {len(stored)} visits, the bundle has {len(sealed)}"
    for held, said in zip(stored, sealed, strict=True):
        if held != said:
            return f"visit {said[0]} in the table is {held}, the bundle has {said}"
    return None


def _unlike_first(db: Database, frame: dict[str, Any]) -> str | None:  # noqa: PLR0911  one line a promise
    """What a replacement draws from that is not what its first draw had left, with the weights of that."""
    if frame["of"] is None:
        return None
    first = _drawn(db, frame["of"]["draw_no"])
    if first is None or first["record_hash"] != frame["of"]["record_hash"]:
        return f"the draw {frame['of']['draw_no']} that it is of is not the one on record"
    line = lineage(lambda draw_no: _drawn(db, draw_no), first)
    if line is None:
        return f"a draw before {frame['of']['draw_no']} is not on record"
    taking_part, here = [code for code, _ in line.departments], [one["department"] for one in frame["departments"]]
    if here != taking_part and not (only_officers(frame) and len(here) == 1 and here[0] in taking_part):
        return f"the departments {', '.join(here)} draw in it, in {line.first['draw_no']} {', '.join(taking_part)} did"
    if only_officers(frame):
        return None
    weights = _weights(db, line, frame["reason"]["unit"])
    if weights is None:
        return None
    said = {one["object_no"]: one["weight"] for one in frame["objects"]}
    for unit_no in sorted({*said, *weights}):
        if said.get(unit_no) != weights.get(unit_no):
            return (f"unit {unit_no} has the weight {said.get(unit_no)} in it, {line.drawn_from['draw_no']} had "
                    f"{weights.get(unit_no)}")
    return None


def _weights(db: Database, line: Lineage, unit_no: str) -> dict[str, float] | None:
    """The weights among which a unit was drawn; None where an earlier protocol's frame can't say."""
    held = line.drawn_from["frame"]
    if line.drawn_from["kind"] != "daily":
        return {one["object_no"]: one["weight"] for one in held["objects"] if one["excluded"] is None}
    if held.get("protocol") != PROTOCOL:
        return None
    arm = db.row(q["arm"], [line.drawn_from["draw_no"], unit_no])
    return peers(held, unit_no, arm["arm"]) if arm else {}


def _drawn(db: Database, draw_no: str) -> dict[str, Any] | None:
    row = db.row(q["first"], [draw_no])
    return None if row is None else {**row, "frame": orjson.loads(row["frame"])}
