"""专项检查清单, such as 六有六无 of shops along streets: a dated list of points, each answered at a visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def named(code: str, day: dt.date) -> Mapping[str, Any]:
    """A checklist as policy has it on a day."""
    found: Mapping[str, Any] | None = rules().value("governance.checklists", day).get(code)
    if found is None:
        raise NotFound(f"there is no checklist {code[:32]!r} on {day}", zh=f"{day} 没有清单“{code[:32]}”")
    return found


def fill_in(db: Database, inspection_no: str, code: str, answers: Mapping[str, Any], actor: str, *,
            now: dt.datetime) -> list[str]:
    """Answer every point of the list of the day of the visit, true where it is met; the points that are not."""
    with db.connection() as connection:
        visit = connection.execute(q["visit"], [inspection_no]).fetchone()
        if visit is None or visit["inspected_on"] is None:
            raise NotFound(f"there is no visit {inspection_no} that was made", zh=f"没有已完成的检查 {inspection_no}")
        day = visit["inspected_on"]
        points = [one["code"] for one in named(code, day)["points"]]
        stray = sorted(set(answers) - set(points))
        if stray:
            raise CaseworkError(f"{stray[0]} is no point of the list {code} of {day}",
                                zh=f"{day} 的清单 {code} 没有 {stray[0]}")
        missing = [point for point in points if not isinstance(answers.get(point), bool)]
        if missing:
            raise CaseworkError(f"{len(missing)} of {len(points)} points of the list {code} are not answered, "
                                f"{missing[0]} first: say true or false of each",
                                zh=f"清单共 {len(points)} 项，尚有 {len(missing)} 项未填（如 {missing[0]}），"
                                   f"请逐项填写")
        failed = [point for point in points if not answers[point]]
        version = rules().rule("governance.checklists", day).valid_from
        row = connection.execute(q["insert"], {
            "inspection": visit["inspection_id"], "list": code, "version": version,
            "answers": Jsonb({point: answers[point] for point in points}), "failed": failed, "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"the list {code} of visit {inspection_no} was filled in before",
                              zh=f"检查 {inspection_no} 的清单 {code} 已填写")
        audit.record(connection, actor, "fill_in", "checklist", f"{inspection_no}/{code}", None, {"failed": failed})
    return failed


def listed(connection: Connection, code: str, *, areas: Sequence[str] | None = None, before: int | None = None,
           limit: int = 50) -> list[dict[str, Any]]:
    """Lists that were filled in, of the newest visits first."""
    return connection.execute(q["listed"], {"list": code, "areas": None if areas is None else list(areas),
                                            "before": before, "limit": limit}).fetchall()


def counted(connection: Connection, code: str, first: dt.date, last: dt.date,
            areas: Sequence[str] | None = None) -> dict[str, Any]:
    """How many visits of some days filled the list in, how many met all of it, and how often each point was missed."""
    rows = connection.execute(q["counted"], {"list": code, "first": first, "last": last,
                                             "areas": None if areas is None else list(areas)}).fetchall()
    missed = {one["code"]: sum(row["n"] for row in rows if one["code"] in row["failed"])
              for one in named(code, last)["points"]}
    return {"checklist": code, "visits": sum(row["n"] for row in rows),
            "all_met": sum(row["n"] for row in rows if not row["failed"]), "missed": missed}


def today(now: dt.datetime) -> Mapping[str, Any]:
    """The checklists of today, by code."""
    held: Mapping[str, Any] = rules().value("governance.checklists", legal_day(now))
    return held
