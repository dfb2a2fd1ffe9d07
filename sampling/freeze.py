"""The freeze of the evening before: the frame is written down and its digest is public before any seed can be known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from policy import calendar, rules
from sampling import entropy as sources
from sampling.bundle import commitment_of
from sampling.errors import DrawError
from sampling.estimates import lift_before
from sampling.frame import Header, build
from sampling.parameters import Parameters
from sampling.population import Officer, Situation, Unit
from sampling.tickets import GENESIS, canonical
from sampling.words import desk_note
from store import Database, Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

# One lock for freezes and draws: the chain of records has one end.
LOCK = "draws"
_MOST_UNITS = 500_000


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
    if latest and latest["draw_date"] > day:
        return {"skipped": f"the chain of draws has reached {latest['draw_date']} ({latest['draw_no']}): "
                           f"none is put before it"}
    parameters = Parameters.on(day)
    situation, ids = read(connection, day, parameters)
    if not situation.units:
        return {"skipped": "there are no active units: import units"}
    header = Header(draw_no=f"D{day:%Y%m%d}", sequence=latest["sequence"] + 1 if latest else 1,
                    previous=(latest["record_hash"] or latest["commitment"]) if latest else GENESIS,
                    frozen_at=now.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                    policy_version=rules().version(day),
                    entropy=sources.plan(connection, day, entropy or parameters.entropy))
    frame = build(situation, parameters, calendar(), header)
    return _store(connection, day, now, frame, ids)


def read(connection: Connection, day: dt.date, parameters: Parameters) -> tuple[Situation, dict[str, int]]:
    """The situation on the eve of ``day``, and the identifiers of its units by number."""
    row = connection.execute(q["scores_as_of"], [day]).fetchone()
    as_of = row["as_of"] if row else None
    units = connection.execute(q["units"], {
        "day": day, "year_start": dt.date(day.year, 1, 1), "year_end": dt.date(day.year, 12, 31),
        "kinds": parameters.counted_kinds, "as_of": as_of,
        "open_since": day - dt.timedelta(days=parameters.planned_open_days)}).fetchall()
    if len(units) > _MOST_UNITS:
        raise DrawError(f"{len(units)} units are more than one draw takes ({_MOST_UNITS}): draw by city")
    officers = connection.execute(q["officers"], {"day": day}).fetchall()
    situation = Situation(
        day=day, scores_as_of=as_of, lift=lift_before(connection, day, parameters.tau["top_share"]),
        units=[Unit(u["unit_no"], u["area_code"], u["is_key"], u["is_crowded"], u["risk_class"], u["score"],
                    u["visits"], u["last"], u["planned"]) for u in units],
        officers=[Officer(o["officer_no"], o["body"], tuple(o["area_codes"]), o["can_lead"], o["certificate_valid"],
                          o["load"]) for o in officers],
        parents={a["area_code"]: a["parent_code"] for a in connection.execute(q["areas"])},
        recusals=frozenset((r["officer_no"], r["unit_no"]) for r in connection.execute(q["recusals"])))
    return situation, {u["unit_no"]: u["unit_id"] for u in units}


def reason_text(excluded: dict[str, Any] | None) -> str | None:
    """A frame's exclusion as the table keeps it: the code, and what it rests on."""
    if excluded is None:
        return None
    rest = [str(value) for key, value in sorted(excluded.items()) if key != "code"]
    return " ".join([excluded["code"], *rest])


def _store(connection: Connection, day: dt.date, now: dt.datetime, frame: dict[str, Any],
           ids: dict[str, int]) -> dict[str, Any]:
    content = canonical(frame)
    commitment = commitment_of(content)
    row = connection.execute(q["insert_draw"], {
        "draw_no": frame["draw_no"], "day": day, "sequence": frame["sequence"],
        "policy_version": frame["policy"]["version"], "frame": content, "commitment": commitment,
        "previous": frame["previous"], "frozen_at": now}).fetchone()
    assert row is not None  # noqa: S101  an insert that returns
    draw_id = row["draw_id"]
    copy_rows(connection, "draw_units",
              ("draw_id", "unit_id", "stratum", "p_duty", "p_random", "p_targeted", "p_total", "excluded"),
              ("int8", "int8", "text", "float8", "float8", "float8", "float8", "text"),
              ((draw_id, ids[u["unit_no"]], u["stratum"], u["p_duty"], u["p_random"], u["p_targeted"], u["p_total"],
                reason_text(u["excluded"])) for u in frame["units"]))
    return {"draw_no": frame["draw_no"], "sequence": frame["sequence"], "commitment": commitment, "status": "frozen",
            "units": len(frame["units"]), "eligible": sum(u["excluded"] is None for u in frame["units"]),
            "expected_visits": round(sum(held["expected"] for held in frame["strata"]), 2),
            "tau": frame["tau"]["value"], "entropy": [source["source"] for source in frame["entropy"]],
            "notes": [desk_note(desk) for desk in frame["desks"] if desk["note"]][:20]}
