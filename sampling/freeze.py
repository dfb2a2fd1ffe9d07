"""The freeze of the evening before: the frame is written down and its digest is public before any seed can be known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from policy import calendar, rules
from sampling import entropy as sources
from sampling import tau_month
from sampling.bundle import commitment_of
from sampling.frame import Header, build
from sampling.frames import EXCLUSIONS, View
from sampling.parameters import Parameters
from sampling.population import Officer, Situation
from sampling.profiles import TURNS
from sampling.tickets import GENESIS, canonical
from sampling.units import population
from sampling.words import desk_note
from scoring import raises
from store import Database, Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

# One lock for freezes and draws: the chain of records has one end.
LOCK = "draws"


def run(db: Database, day: dt.date, now: dt.datetime, *, entropy: Sequence[str] | None = None) -> dict[str, Any]:
    """Freeze the frame of the draw of ``day``; a second freeze of the day returns the first.

    ``entropy`` names the sources (``chain``, ``witness``, ``beacon:NETWORK:ROUND``); policy says which if left out.
    """
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        return freeze(connection, day, now, entropy)


def freeze(connection: Connection, day: dt.date, now: dt.datetime,
           entropy: Sequence[str] | None = None) -> dict[str, Any]:
    """As :func:`run`, in the caller's transaction, which holds the lock."""
    stands = connection.execute(q["existing"], [day]).fetchone()
    if stands:
        return {"draw_no": stands["draw_no"], "commitment": stands["commitment"], "status": stands["status"],
                "note": f"{stands['draw_no']} was frozen at {stands['frozen_at']:%Y-%m-%d %H:%M} UTC already"}
    if not calendar().is_working_day(day):
        return {"skipped": f"{day} is not a working day"}
    latest = connection.execute(q["latest"]).fetchone()
    if latest and latest["reached"] and latest["reached"] > day:
        return {"skipped": f"the chain of draws has reached {latest['reached']} (D{latest['reached']:%Y%m%d}): "
                           f"none is put before it"}
    parameters = Parameters.on(day)
    # What was entered since the night counts in tomorrow's draw.
    raised = raises.sweep(connection, day, now)
    situation = read(connection, day, parameters)
    if not len(situation.units):
        return {"skipped": "there are no active units: import units"}
    header = Header(draw_no=f"D{day:%Y%m%d}", sequence=latest["sequence"] + 1 if latest else 1,
                    previous=(latest["record_hash"] or latest["commitment"]) if latest else GENESIS,
                    frozen_at=now.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                    policy_version=rules().version(day),
                    entropy=sources.plan(connection, day, entropy or parameters.entropy))
    frame = build(situation, parameters, calendar(), header)
    stored = _store(connection, day, now, frame)
    return {**stored, "raised": len(raised), **_tau_note(connection, day)}


def read(connection: Connection, day: dt.date, parameters: Parameters) -> Situation:
    """The situation on the eve of ``day``."""
    row = connection.execute(q["scores_as_of"], [day]).fetchone()
    as_of = row["as_of"] if row else None
    parents = {a["area_code"]: a["parent_code"] for a in connection.execute(q["areas"])}
    units = population(connection, sorted(parents), {
        "day": day, "year_start": dt.date(day.year, 1, 1), "year_end": dt.date(day.year, 12, 31),
        "kinds": parameters.counted_kinds, "as_of": as_of,
        "open_since": day - dt.timedelta(days=parameters.planned_open_days)})
    officers = connection.execute(q["officers"], {"day": day}).fetchall()
    return Situation(
        day=day, scores_as_of=as_of, lift=tau_month.evidence(connection, day, parameters.tau["top_share"]),
        units=units,
        officers=[Officer(o["officer_no"], o["body"], tuple(o["area_codes"]), o["can_lead"], o["certificate_valid"],
                          o["load"]) for o in officers],
        parents=parents,
        recusals=frozenset((r["officer_no"], r["unit_no"]) for r in connection.execute(q["recusals"])))


def groups(frame: Mapping[str, Any]) -> Iterator[tuple[str, str, str, int, float, float, float]]:
    """Units of a frame by area, stratum and reason left out (empty: could be drawn), in order: how many, and the sum,
    the smallest and the largest of their probabilities."""
    view = View(frame)
    many = len(EXCLUSIONS)
    place = (view.area * len(frame["desks"]) + view.desk).astype(np.int64)
    codes = (place * len(TURNS) + view.turn) * many + view.excluded
    found, where, units = np.unique(codes, return_inverse=True, return_counts=True)
    chance = view.chance("p_total")
    expected = np.bincount(where, weights=chance)
    least, most = np.full(len(found), np.inf), np.zeros(len(found))
    np.minimum.at(least, where, chance)
    np.maximum.at(most, where, chance)
    for n, code in enumerate(found.tolist()):
        rest, excluded = divmod(code, many)
        rest, turn = divmod(rest, len(TURNS))
        area, desk = divmod(rest, len(frame["desks"]))
        yield (view.areas[area], f"{frame['desks'][desk]['desk']}/{TURNS[turn]}", EXCLUSIONS[excluded] or "",
               int(units[n]), float(expected[n]), float(least[n]), float(most[n]))


def _tau_note(connection: Connection, day: dt.date) -> dict[str, str]:
    if tau_month.of(connection, day) is not None:
        return {}
    return {"tau_note": f"there is no decision on the targeted share of {day:%Y-%m}: it was computed at the freeze"}


def _store(connection: Connection, day: dt.date, now: dt.datetime, frame: dict[str, Any]) -> dict[str, Any]:
    content = canonical(frame)
    commitment = commitment_of(content)
    row = connection.execute(q["insert_draw"], {
        "draw_no": frame["draw_no"], "day": day, "sequence": frame["sequence"],
        "policy_version": frame["policy"]["version"], "frame": content, "commitment": commitment,
        "previous": frame["previous"], "frozen_at": now}).fetchone()
    assert row is not None  # noqa: S101  an insert that returns
    rows = list(groups(frame))
    copy_rows(connection, "draw_groups",
              ("draw_id", "area_code", "stratum", "reason", "units", "expected", "least", "most"),
              ("int8", "text", "text", "text", "int4", "float8", "float8", "float8"),
              ((row["draw_id"], *one) for one in rows))
    return {"draw_no": frame["draw_no"], "sequence": frame["sequence"], "commitment": commitment, "status": "frozen",
            "units": len(frame["units"]["unit_no"]), "eligible": sum(one[3] for one in rows if not one[2]),
            "expected_visits": round(sum(held["expected"] for held in frame["strata"]), 2),
            "tau": frame["tau"]["value"], "entropy": [source["source"] for source in frame["entropy"]],
            "notes": [desk_note(desk) for desk in frame["desks"] if desk["note"]][:20]}
