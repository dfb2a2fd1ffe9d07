"""深入镇指导: visits of the brigade to its towns, at least one in each quarter."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from casework import clocks, forms
from casework.clocks import Owner
from casework.errors import AlreadyDone, CaseworkError
from policy import rules
from policy.clocks import SHANGHAI, end_of, last_moment, legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)
_RULE = "delegation.guidance_quarter"


def quarter(day: dt.date) -> tuple[str, dt.date, dt.date]:
    """The quarter of a day: its name (2026Q1), its first and its last day."""
    number = (day.month - 1) // 3
    first = dt.date(day.year, 3 * number + 1, 1)
    after = dt.date(day.year + (number == 3), (3 * number + 3) % 12 + 1, 1)
    return f"{day.year}Q{number + 1}", first, after - dt.timedelta(days=1)


def named(text: str) -> tuple[str, dt.date, dt.date]:
    """The quarter of that name."""
    if not re.fullmatch(r"(19|2\d)\d\dQ[1-4]", text, re.ASCII):
        raise CaseworkError(f"a quarter is written like 2026Q1, not {text[:20]!r}", zh="季度写作 2026Q1")
    return quarter(dt.date(int(text[:4]), 3 * int(text[5]) - 2, 1))


def visit(db: Database, town: str, visited_on: dt.date, officers: Sequence[str], note: str, actor: str,
          now: dt.datetime) -> None:
    """Enter a visit of guidance; it ends the clock of its quarter."""
    if visited_on > legal_day(now):
        raise CaseworkError(f"{visited_on} is in the future", zh=f"日期 {visited_on} 晚于今天")
    with db.connection() as connection:
        place = connection.execute(q["level"], [town]).fetchone()
        if place is None or place["level"] != "town":
            raise CaseworkError(f"{town} is not a town", zh=f"{town} 不是镇街")
        known = {row["officer_no"] for row in connection.execute(q["bodies"], [list(officers)])}
        if not officers or set(officers) - known:
            raise CaseworkError("a visit of guidance names officers of the brigade", zh="请填写消防救援机构的指导人员")
        row = connection.execute(q["add"], {"town": town, "day": visited_on, "officers": list(officers),
                                            "note": forms.word(note, "note"), "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"the visit to {town} on {visited_on} was entered before",
                              zh=f"{town} {visited_on} 的指导已登记过")
        audit.record(connection, actor, "guide", "town", town, None,
                     {"visited_on": visited_on, "officers": list(officers), "note": note})
        name, first, last = quarter(visited_on)
        ref = f"{town}/{name}"
        if not connection.execute(clocks.q["held"], {"rule": _RULE, "ref": ref}).fetchone():
            _start(connection, town, place["parent_code"], ref, first, last)
        at = min(end_of(visited_on) - dt.timedelta(seconds=1),
                 max(now, dt.datetime.combine(visited_on, dt.time(), SHANGHAI)))
        clocks.stop(connection, _RULE, ref, at)


def visits(connection: Connection, first: dt.date, last: dt.date, *, areas: Sequence[str] | None = None,
           limit: int = 500) -> list[dict[str, Any]]:
    """Visits of guidance between two days, the newest first."""
    return connection.execute(q["visits"], {"areas": None if areas is None else list(areas), "first": first,
                                            "last": last, "limit": limit}).fetchall()


def empty(connection: Connection, name: str, *, areas: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Towns whose quarter has fewer visits than policy asks for."""
    _, first, last = named(name)
    return connection.execute(q["empty"], {"areas": None if areas is None else list(areas), "first": first,
                                           "last": last, "least": rules().value(_RULE, last)}).fetchall()


def start_missing(connection: Connection, day: dt.date) -> int:
    """The clocks of a quarter for every town with an agreement that has none yet; how many."""
    name, first, last = quarter(day)
    rows = connection.execute(q["without_clock"], {"day": day, "quarter": name}).fetchall()
    for row in rows:
        _start(connection, row["town_code"], row["principal_code"], f"{row['town_code']}/{name}", first, last)
    return len(rows)


def _start(connection: Connection, town: str, brigade: str, ref: str, first: dt.date, last: dt.date) -> None:
    clocks.start(connection, _RULE, "guidance", ref, Owner(brigade), dt.datetime.combine(first, dt.time(), SHANGHAI),
                 due_at=last_moment(last))
