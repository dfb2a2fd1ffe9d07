"""Checks a stored draw as a stranger would: its bytes against the protocol, and the rows against the bytes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson

from api.refusals import Absent, Conflict
from api.viewer import Viewer
from sampling import frames, verify, words
from sampling.bundle import joined
from sampling.errors import DrawError
from store import Database, Queries

_SQL = Queries(__file__)
_KEPT = 32
_kept: dict[str, dict[str, Any]] = {}


def check(db: Database, day: dt.date) -> dict[str, Any]:
    """Whether the bundle of a day verifies and the rows on record are those it seals; the first problem otherwise."""
    row = db.row(_SQL["record"], {"day": day})
    if row is None:
        raise Absent("refusal.no_draw", day=day)
    if row["bundle"] is None:
        raise Conflict("refusal.not_drawn", day=day)
    status, sentence = verify.check(joined(bytes(row["frame"]), bytes(row["bundle"])), row["commitment"])
    problem = sentence if status else _first_difference(db, row)
    return {"ok": problem is None, "problem": problem}


def _first_difference(db: Database, row: dict[str, Any]) -> str | None:
    """The first thing on record that is not what the bundle, which agrees with itself, has sealed."""
    bundle, frame = orjson.loads(row["bundle"]), orjson.loads(row["frame"])
    for field in ("seed", "record_hash"):
        if bundle[field] != row[field]:
            return f"the {field} of the bundle is {bundle[field]}, the one on record {row[field]}"
    # A record names the one before it by its record hash, or by its commitment where that was not drawn yet.
    before = {row["record_before"], row["commitment_before"]} - {None}
    if before and frame["previous"] not in before:
        return f"the draw names {bundle['frame']['previous']} as the record before it, which is not the one on record"
    visits = db.rows(_SQL["visits"], {"draw_id": row["draw_id"]})
    stored = [(one["unit_no"], one["arm"], one["lead_officer"], one["second_officer"]) for one in visits]
    sealed = [(one["unit_no"], one["arm"], one["lead"], one["second"]) for one in bundle["result"]["visits"]]
    for number, (ours, theirs) in enumerate(zip(stored, sealed, strict=False), start=1):
        if ours != theirs:
            return f"visit {number} on record is {' '.join(ours)}, the bundle has {' '.join(theirs)}"
    if len(stored) != len(sealed):
        return f"{len(stored)} visits are on record, the bundle has {len(sealed)}"
    return None


def frame_facts(db: Database, viewer: Viewer, day: dt.date) -> dict[str, Any]:
    """What a draw says of its quotas, desks, tau and unassigned visits, without its thousands of units.

    Desks and unassigned visits are those of the viewer's areas; quotas and tau are of the whole.
    """
    row = db.row(_SQL["digests"], {"day": day})
    if row is None:
        return {}
    name = row["record_hash"] or row["commitment"]
    facts = _kept.get(name)
    if facts is None:
        content = db.row(_SQL["content"], {"day": day}) or {}
        facts = facts_of(bytes(content["frame"]), bytes(content["bundle"] or b""))
        # A frame never changes, and parsing a large one takes a tenth of a second: the last few are kept.
        while len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[name] = facts
    if not facts or viewer.areas is None:
        return facts
    areas = set(viewer.areas)
    return {**facts, "desks": [desk for desk in facts["desks"] if areas & set(desk["covers"])],
            "unassigned": [one for one in facts["unassigned"] if one["area"] in areas]}


def facts_of(frame_bytes: bytes, bundle: bytes = b"") -> dict[str, Any]:
    """What a frame, and the rest of its bundle, say besides the units, with what they say in codes told in words.

    Nothing where an earlier protocol wrote the frame: the page does without these tables.
    """
    try:
        frame = frames.read(frame_bytes)
    except DrawError:
        return {}
    view = frames.View(frame)
    return {"quotas": frame["quotas"], "tau": frame["tau"], "tau_reason": words.tau_reason(frame),
            "desks": [{**desk, "words": words.desk_note(desk)} for desk in frame["desks"]],
            "unassigned": [{"unit_no": one["unit_no"], "area": _area(view, one["unit_no"]),
                            **words.unassigned(one["reason"])}
                           for one in (orjson.loads(bundle)["result"]["unassigned"] if bundle else [])]}


def _area(view: frames.View, unit_no: str) -> str | None:
    at = view.find(unit_no)
    return None if at is None else view.areas[view.area[at]]
