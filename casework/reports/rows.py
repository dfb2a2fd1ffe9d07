"""The rows behind a figure: the statement that was added up, a page at a time, newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from casework.errors import CaseworkError
from casework.reports.counting import parameters
from casework.reports.figures import STATEMENTS, Figure
from casework.reports.period import Period
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Page:
    """Some rows of a figure; ``after`` is where the next page begins, None at the end."""

    rows: list[dict[str, Any]]
    after: str | None


def rows(connection: Connection, figure: Figure, period: Period, areas: Sequence[str] | None, as_of: dt.date, *,
         after: str | None = None, limit: int = 50, form: str | None = None, month: dt.date | None = None) -> Page:
    """A page of the rows that ``figure`` adds up over ``period``, of one form or month of it where asked for."""
    day, ref = _place(after)
    query = sql.SQL(q["page"]).format(rows=sql.SQL(STATEMENTS[figure.rows]), weight=sql.Identifier(figure.weight))
    found = connection.execute(query, {
        **parameters(period, areas, as_of), "part": figure.part, "form": figure.form, "only": form, "month": month,
        "after_day": day, "after_ref": ref, "limit": limit + 1}).fetchall()
    more = len(found) > limit
    kept = found[:limit]
    return Page(kept, f"{kept[-1]['day']}~{kept[-1]['ref']}" if more else None)


def _place(after: str | None) -> tuple[dt.date | None, str | None]:
    if not after:
        return None, None
    day, _, ref = after.partition("~")
    try:
        return dt.date.fromisoformat(day), ref
    except ValueError:
        raise CaseworkError(f"{after[:60]!r} is no place in a list: take the one that the page before gave",
                            zh="列表位置不对，请用上一页给出的位置") from None
