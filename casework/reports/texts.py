"""存在的主要问题、工作打算: the sentences that people wrote into a report."""

from __future__ import annotations

from typing import Any

from store import Queries
from store.database import Connection

q = Queries(__file__)
SECTIONS = ("problems", "plan")


def of(connection: Connection, kind: str, period: str, area: str | None) -> dict[str, list[dict[str, Any]]]:
    """The sentences of a report by section, as they were written; those of another area's report are not among them."""
    rows = connection.execute(q["of"], {"kind": kind, "period": period, "area": area}).fetchall()
    return {section: [row for row in rows if row["section"] == section] for section in SECTIONS}
