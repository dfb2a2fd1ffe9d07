"""What pages and commands show of list draws. ``areas`` limits answers to units of those areas; None is everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import orjson

from sampling import verify
from sampling.bundle import joined
from sampling.chain import unlike_list
from sampling.errors import DrawError
from sampling.words import EXCLUSIONS, unassigned
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]

#: What keeps an object out of a list, beside what keeps a unit out of a day.
LEFT_OUT = {**EXCLUSIONS,
            "closed": ("已注销", "it has left the register"),
            "drawn": ("当日已抽中", "it was drawn that day already"),
            "replaced": ("即被更换的单位", "it is what is replaced")}


class NoList(DrawError):
    """There is no such list draw."""

    status = 404


def lists(connection: Connection, *, kind: str | None = None, list_no: str | None = None,
          areas: Collection[str] | None = None, below: int | None = None, limit: int = 50) -> list[Row]:
    """List draws, newest first; ``below`` is the sequence of the last one that was shown."""
    return connection.execute(q["lists"], {
        "kind": kind, "list": list_no, "areas": _or_none(areas), "below": below, "limit": limit}).fetchall()


def one(connection: Connection, draw_no: str, areas: Collection[str] | None = None) -> Row:
    """A list draw: digests, what its frame says of objects, days and departments, its visits, those not assigned."""
    held = _held(connection, draw_no)
    frame, bundle = held.pop("frame"), held.pop("bundle")
    content = orjson.loads(bundle) if bundle else {"result": {"unassigned": []}}
    told, limit = orjson.loads(frame), None if areas is None else set(areas)
    _refuse_other(told, draw_no, limit)
    area = {row["object_no"]: row["area"] for row in told["objects"]}
    out = Counter(row["excluded"]["code"] for row in told["objects"] if row["excluded"])
    for name in ("record_before", "commitment_before"):
        held.pop(name)
    return {
        **held, "reason": told["reason"], "size": told["size"], "order": told["order"], "days": told["days"],
        "sources": [source["source"] for source in told["entropy"]], "objects": len(told["objects"]),
        "eligible": sum(row["excluded"] is None for row in told["objects"]), "steps": told["steps"],
        "left_out": [{"code": code, "objects": many, **_words(LEFT_OUT[code])} for code, many in out.most_common()],
        "departments": [{"department": row["department"], "name": row["name"], "officers": len(row["officers"])}
                        for row in told["departments"]],
        "standing": connection.execute(q["standing"], {
            "draw_id": held["draw_id"],
            "drawing": [row["department"] for row in told["departments"]]}).fetchall(),
        "visits": connection.execute(q["visits"], {"draw_id": held["draw_id"], "areas": _or_none(areas)}).fetchall(),
        "unassigned": [{**row, **unassigned(row["reason"])} for row in content["result"]["unassigned"]
                       if limit is None or area[row["object_no"]] is None or area[row["object_no"]] in limit]}


def areas_of(connection: Connection, draw_no: str) -> set[str]:
    """The areas that the objects of a list lie in: its bundle names them all."""
    frame = orjson.loads(_held(connection, draw_no)["frame"])
    return {row["area"] for row in frame["objects"] if row["area"]}


def bundle_bytes(connection: Connection, draw_no: str) -> bytes:
    """The bundle of a list draw as it was sealed."""
    held = _held(connection, draw_no)
    if held["bundle"] is None:
        raise DrawError(f"{draw_no} is frozen and not yet drawn: there is no bundle of it",
                        zh=f"{draw_no} 已冻结、尚未抽取：还没有存证包")
    return joined(bytes(held["frame"]), bytes(held["bundle"]))


def replacements(connection: Connection, draw_no: str, areas: Collection[str] | None = None) -> list[Row]:
    """The visits of a draw that have been replaced, each with what stands for it."""
    return connection.execute(q["replacements"], {"draw": draw_no, "areas": _or_none(areas)}).fetchall()


def of_inspection(connection: Connection, inspection_id: int) -> Row:
    """The list that planned a visit, what that visit replaces, and the draw that has replaced it; None where none."""
    row = connection.execute(q["of_inspection"], {"id": inspection_id}).fetchone()
    assert row is not None  # noqa: S101  one row whatever is on record
    return row


def check(db: Database, draw_no: str, areas: Collection[str] | None = None) -> str | None:
    """The first thing about a list draw that does not agree, with the protocol or with the rows on record, or None."""
    with db.connection() as connection:
        held = _held(connection, draw_no)
        _refuse_other(orjson.loads(held["frame"]), draw_no, None if areas is None else set(areas))
        content = bundle_bytes(connection, draw_no)
    status, sentence = verify.check(content, held["commitment"])
    if status:
        return sentence
    bundle = orjson.loads(content)
    for field in ("seed", "record_hash"):
        if bundle[field] != held[field]:
            return f"the {field} of the bundle is {bundle[field]}, the one on record {held[field]}"
    before = {held["record_before"], held["commitment_before"]} - {None}
    if before and bundle["frame"]["previous"] not in before:
        return f"the draw names {bundle['frame']['previous']} as the record before it, which is not the one on record"
    return unlike_list(db, held, bundle["frame"], bundle["result"])


def _refuse_other(frame: Row, draw_no: str, areas: set[str] | None) -> None:
    """A list without an object in these areas is as if it did not exist."""
    if areas is not None and not any(one["area"] is None or one["area"] in areas for one in frame["objects"]):
        raise NoList(f"there is no list draw {draw_no}", zh=f"没有名单抽取 {draw_no}")


def _held(connection: Connection, draw_no: str) -> Row:
    held = connection.execute(q["one"], [draw_no]).fetchone()
    if held is None:
        raise NoList(f"there is no list draw {draw_no}", zh=f"没有名单抽取 {draw_no}")
    return held


def _words(pair: tuple[str, str]) -> dict[str, str]:
    return {"zh": pair[0], "en": pair[1]}


def _or_none(areas: Collection[str] | None) -> list[str] | None:
    return None if areas is None else sorted(areas)
