"""Every night: features of all active units as of the day, their scores, one row each, kept by day.

The scores of a day stand once they are written. A second run of the same day that gives the same changes nothing; one
that would give something else (late telemetry, changed rules) leaves the day as it is and says how many units it would
change, unless it is forced: draws and decisions of that day rest on what stood then.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg.types.json import Jsonb

from scoring import champion, features, overrides, raises
from scoring.additive import Floats
from scoring.card import CLASSES, PARTS, Card
from scoring.scorecard import Scored
from store import Database, Queries, copy_block, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

# One letter is the same on the wire.
_TYPES = {"char1": "text"}


def run(db: Database, as_of: dt.date, *, force: bool = False) -> dict[str, Any]:
    """Score every active unit as of ``as_of`` and keep the scores.

    Returns as_of, units, the model that ruled, the number of units in each class, ``written`` (whether the scores of
    the day are new) and, where they already stood and would now be other ones, ``would_change``: so many units.
    """
    began = time.monotonic()
    started = dt.datetime.now(dt.UTC)
    card = Card.on(as_of)
    with db.connection() as connection:
        lock_for_transaction(connection, "scores")
        rules_now = champion.ruling(connection, as_of)
        table = features.load(connection, as_of)
        scored = champion.score(table, card, rules_now)
        scored = overrides.apply(scored, overrides.in_force(connection, as_of))
        scored = raises.apply(scored, raises.in_force(connection, as_of))
        model = rules_now.number if rules_now else champion.SCORECARD
        probability = rules_now.probability(table) if rules_now else None
        stands = connection.execute(q["run_of"], {"as_of": as_of}).fetchone()
        changed = _write(connection, scored, probability, as_of, replace=force, stands=stands is not None)
        written = stands is None or (force and changed > 0)
        if written:
            connection.execute(q["note_run"], {"as_of": as_of, "model": model, "version": card.version,
                                               "units": len(scored.table), "means": Jsonb(_means(scored)),
                                               "headings": Jsonb([told.as_dict() for told in scored.headings()]),
                                               "started": started})
    counts = Counter(map(str, scored.risk_class))
    found: dict[str, Any] = {"as_of": str(as_of), "units": len(scored.table), "model": model, "written": written,
                             "classes": {code: counts.get(code, 0) for code in CLASSES},
                             "seconds": round(time.monotonic() - began, 3)}
    if changed and not written:
        found["would_change"] = changed
        found["note"] = (f"the scores of {as_of} stand already; {changed} units would now score differently: "
                         f"run with force to replace them")
    return found


def _means(scored: Scored) -> dict[str, float]:
    return {code: float(scored.part_points(code).mean()) if len(scored.table) else 0.0 for code in PARTS}


def _write(connection: Connection, scored: Scored, probability: Floats | None, as_of: dt.date, *, replace: bool,
           stands: bool) -> int:
    """Write the scores of a day that has none; else return how many units would change, and replace them if told to."""
    if not stands:
        connection.execute(q["clear"], {"as_of": as_of})
        _copy(connection, "scores", scored, probability, as_of)
        return len(scored.table)
    connection.execute(q["stage"])
    _copy(connection, "fresh_scores", scored, probability, as_of)
    row = connection.execute(q["differing"], {"as_of": as_of}).fetchone()
    changed = int(row["units"]) if row else 0
    if changed and replace:
        connection.execute(q["clear"], {"as_of": as_of})
        connection.execute(q["settle"])
    return changed


def _copy(connection: Connection, table: str, scored: Scored, probability: Floats | None, as_of: dt.date) -> None:
    """By blocks of numbers; the few units that a condition lifted or a person moved go row by row."""
    columns: dict[str, tuple[str, npt.NDArray[Any]]] = {
        "unit_id": ("int8", scored.table.unit_id),
        "as_of": ("date", np.full(len(scored.table), np.datetime64(as_of))), "score": ("float8", scored.score),
        "rank": ("int4", scored.rank), "risk_class": ("char1", scored.risk_class.astype("S1")),
        "base_class": ("char1", scored.base_class.astype("S1")),
        **{code: ("float8", scored.part_points(code)) for code in PARTS},
        "points": ("float4[]", scored.points()), "values": ("float4[]", scored.values())}
    if probability is not None:
        columns["probability"] = ("float8", probability)
    moved = scored.overridden or (None,) * len(scored.table)
    lifted = np.array([bool(codes or move) for codes, move in zip(scored.direct, moved, strict=True)], dtype=bool)
    copy_block(connection, table, {name: (kind, values[~lifted]) for name, (kind, values) in columns.items()})
    rows = {name: values[lifted].tolist() for name, (_, values) in columns.items()}
    rows |= {name: [letter.decode() for letter in rows[name]] for name in ("risk_class", "base_class")}
    rows["direct"] = [list(scored.direct[place]) for place in np.flatnonzero(lifted)]
    for number, name in enumerate(("override_id", "class_before")):
        rows[name] = [move[number] if (move := moved[place]) else None for place in np.flatnonzero(lifted)]
    types = [_TYPES.get(kind, kind) for kind, _ in columns.values()]
    copy_rows(connection, table, tuple(rows), (*types, "text[]", "int8", "text"), zip(*rows.values(), strict=True))
