"""案卷抽查: each month some of the closed cases are drawn to be read, by a seed that nobody could choose.

The list of a month's closed cases is committed to while a daily draw waits for its seed; that draw's seed, once open,
gives this one. ``docs/draw-protocol.md`` says how anyone can draw it again.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Sequence
from typing import Any

import orjson

from casework.supervision import review_tasks
from policy import rules
from policy.clocks import legal_day
from sampling.errors import DrawError
from sampling.freeze import LOCK
from sampling.tickets import canonical, digest, order_of, ticket
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

PROTOCOL = "huoyan-review/1"
Row = dict[str, Any]


def run(db: Database, day: dt.date, now: dt.datetime) -> Row:
    """Freeze the sample of the month before ``day`` where that is due, and draw it once its seed is open."""
    month = (day.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        held = connection.execute(q["sample"], [month]).fetchone()
        if held is None:
            return _freeze(connection, month, now)
        if held["drawn_at"] is not None:
            return {"month": f"{month:%Y-%m}", "status": "drawn", "note": "drawn before"}
        return _draw(connection, held, now)


def drawn(frame: Row, seed: str) -> list[tuple[str, int]]:
    """The cases that a seed takes from a frame, with their tickets: the smallest first."""
    tickets = [(ticket(seed, "case", number), order_of(number), number) for number in frame["cases"]]
    return [(number, value) for value, _, number in sorted(tickets)[:frame["size"]]]


def reviewer(seed: str, case_no: str, officers: Sequence[str]) -> str | None:
    """Who of these officers reads a case, by the seed of its sample; None where there is nobody."""
    tickets = [(ticket(seed, "reviewer", f"{case_no} {officer}"), order_of(officer), officer) for officer in officers]
    return min(tickets)[2] if tickets else None


def seed_of(commitment: str, draw_seed: str) -> str:
    """The seed of a sample: of its commitment and the seed of the daily draw."""
    return digest(["review", commitment, draw_seed])


def size_of(files: int, day: dt.date) -> int:
    """How many of a month's closed cases are drawn: the share of policy, and no fewer than it says."""
    share = math.ceil(files * float(rules().value("supervision.sample_share", day)))
    return min(files, max(share, int(rules().value("supervision.sample_least", day))))


def samples(connection: Connection, limit: int = 60) -> list[Row]:
    """The samples there are, the newest first."""
    return connection.execute(q["samples"], [limit]).fetchall()


def one(connection: Connection, month: dt.date, areas: Collection[str] | None = None) -> Row:
    """A sample with its frame and the cases drawn, those of ``areas`` alone where areas are named."""
    held = connection.execute(q["one"], [month]).fetchone()
    if held is None:
        raise DrawError(f"no cases of {month:%Y-%m} were drawn for review", zh=f"{month:%Y-%m} 没有案卷抽查")
    held["frame"] = orjson.loads(held["frame"])
    held["cases"] = connection.execute(q["cases"], {
        "month": month, "areas": None if areas is None else sorted(areas)}).fetchall()
    return held


def _freeze(connection: Connection, month: dt.date, now: dt.datetime) -> Row:
    waiting = connection.execute(q["waiting_draw"], [legal_day(now)]).fetchone()
    if waiting is None:
        return {"month": f"{month:%Y-%m}", "status": "waits", "note": "no daily draw waits for its seed tonight"}
    after = (month + dt.timedelta(days=31)).replace(day=1)
    cases = _sorted(row["case_no"] for row in connection.execute(q["closed"], {"first": month, "after": after}))
    frame = {"protocol": PROTOCOL, "month": f"{month:%Y-%m}", "draw_no": waiting["draw_no"],
             "size": size_of(len(cases), month), "cases": cases}
    content = canonical(frame)
    commitment = digest(frame)
    connection.execute(q["freeze"], {"month": month, "draw": waiting["draw_no"], "frame": content, "files": len(cases),
                                     "commitment": commitment, "size": frame["size"], "now": now})
    return {"month": f"{month:%Y-%m}", "status": "frozen", "cases": len(cases), "size": frame["size"],
            "commitment": commitment, "draw_no": waiting["draw_no"]}


def _draw(connection: Connection, held: Row, now: dt.datetime) -> Row:
    by = connection.execute(q["seed"], [held["draw_no"]]).fetchone()
    if by is None:
        return {"month": f"{held['month']:%Y-%m}", "status": "frozen", "note": f"{held['draw_no']} is not drawn yet"}
    seed = seed_of(held["commitment"], by["seed"])
    taken = drawn(orjson.loads(held["frame"]), seed)
    connection.execute(q["draw"], {"month": held["month"], "seed": seed, "now": now})
    for position, (number, value) in enumerate(taken, 1):
        connection.execute(q["take"], {"month": held["month"], "position": position, "case_no": number,
                                       "ticket": value})
    review_tasks.begin(connection, held["month"], {
        number: reviewer(seed, number, review_tasks.candidates(connection, number, legal_day(now)))
        for number, _ in taken}, now)
    return {"month": f"{held['month']:%Y-%m}", "status": "drawn", "by": by["draw_no"], "seed": seed,
            "cases": [number for number, _ in taken][:20]}


def _sorted(numbers: Any) -> Sequence[str]:
    return sorted(numbers, key=order_of)
