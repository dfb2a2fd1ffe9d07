"""Every night: features of all active units as of the day, their scores, one row each, kept by day.

The scores of a day stand once they are written. A second run of the same day that gives the same changes nothing; one
that would give something else (late telemetry, changed rules) leaves the day as it is and says how many units it would
change, unless it is forced: draws and decisions of that day rest on what stood then.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from scoring import champion, features, overrides
from scoring.additive import Floats
from scoring.card import CLASSES, PARTS, Card
from scoring.scorecard import Scored
from store import Database, Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

# char(1) and text are the same on the wire.
_COLUMNS = {"unit_id": "int8", "as_of": "date", "score": "float8", "rank": "int4", "risk_class": "text",
            "base_class": "text", "contributions": "jsonb", "direct": "text[]",
            **dict.fromkeys(PARTS, "float8"), "probability": "float8", "override_id": "int8", "class_before": "text"}


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
        model = rules_now.number if rules_now else champion.SCORECARD
        rows = _rows(scored, as_of, rules_now.probability(table) if rules_now else None)
        stands = connection.execute(q["run_of"], {"as_of": as_of}).fetchone()
        changed = _write(connection, rows, len(table), as_of, replace=force, stands=stands is not None)
        written = stands is None or (force and changed > 0)
        if written:
            connection.execute(q["note_run"], {"as_of": as_of, "model": model, "version": card.version,
                                               "units": len(scored.table), "means": Jsonb(_means(scored)),
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


def _write(connection: Connection, rows: Iterator[tuple[Any, ...]], size: int, as_of: dt.date, *, replace: bool,
           stands: bool) -> int:
    """Write the scores of a day that has none; else return how many units would change, and replace them if told to."""
    if not stands:
        connection.execute(q["clear"], {"as_of": as_of})
        copy_rows(connection, "scores", tuple(_COLUMNS), tuple(_COLUMNS.values()), rows)
        return size
    connection.execute(q["stage"])
    copy_rows(connection, "fresh_scores", tuple(_COLUMNS), tuple(_COLUMNS.values()), rows)
    row = connection.execute(q["differing"], {"as_of": as_of}).fetchone()
    changed = int(row["units"]) if row else 0
    if changed and replace:
        connection.execute(q["clear"], {"as_of": as_of})
        connection.execute(q["settle"])
    return changed


def _rows(scored: Scored, as_of: dt.date, probability: Floats | None) -> Iterator[tuple[Any, ...]]:
    moved = scored.overridden or (None,) * len(scored.table)
    parts = [scored.part_points(code) for code in PARTS]
    for place, contributions in enumerate(scored.contributions()):
        yield (int(scored.table.unit_id[place]), as_of, float(scored.score[place]), int(scored.rank[place]),
               str(scored.risk_class[place]), str(scored.base_class[place]), Jsonb(contributions, dumps=orjson.dumps),
               list(scored.direct[place]), *(float(part[place]) for part in parts),
               None if probability is None else float(probability[place]), *(moved[place] or (None, None)))
