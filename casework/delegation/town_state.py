"""The whole state of a town at a glance, every town beside each other, and what each did in a quarter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from casework.delegation import acts, agreements, guidance, referrals, supervision, training
from casework.errors import NotFound
from policy.clocks import legal_day
from store import Queries
from store.database import Connection

q = Queries(__file__)


def towns(connection: Connection, now: dt.datetime, *, areas: Sequence[str] | None = None, town: str | None = None,
          after: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Towns by code, each with what is missing (``flags``)."""
    day = legal_day(now)
    _, first, last = guidance.quarter(day)
    rows = connection.execute(q["towns"], {
        "areas": None if areas is None else list(areas), "town": town, "after": after, "day": day, "now": now,
        "first": dt.date(day.year, 1, 1), "quarter_first": first, "quarter_last": last, "limit": limit}).fetchall()
    for row in rows:
        acting = row["delegated"] is not None or row["empowered"] is not None
        missing = [("no_agreement", not acting), ("no_certificate", row["certified"] == 0),
                   ("nobody_ready", row["certified"] > 0 and row["ready"] == 0),
                   ("one_officer", row["ready"] == 1), ("no_guidance", acting and row["guidance"] == 0),
                   ("no_budget", not row["has_budget"]), ("late", row["late"] > 0)]
        row["flags"] = [flag for flag, stands in missing if stands]
    return rows


def read(connection: Connection, town: str, now: dt.datetime, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """Everything about one town; :class:`NotFound` outside the areas."""
    rows = towns(connection, now, areas=areas, town=town, limit=1)
    if not rows:
        raise NotFound(f"there is no town {town} in your areas", zh=f"您的区域内没有镇街 {town}")
    day = legal_day(now)
    _, first, last = guidance.quarter(day)
    only = [town]
    return {
        "town": rows[0], "day": day,
        "agreements": _without(agreements.listed(connection, day, town=town, limit=10), "agreement_id"),
        "officers": training.standing(connection, day, areas=only),
        "auxiliaries": supervision.auxiliaries(connection, day, only),
        "referrals": _without(referrals.listed(connection, areas=only, box="out", limit=50), "referral_id"),
        "acts": _without(acts.listed(connection, town=town, limit=20), "act_id"),
        "open_orders": connection.execute(q["open_orders"], {"town": town, "day": day, "limit": 50}).fetchall(),
        "clocks": connection.execute(q["clocks"], {"town": town, "now": now, "limit": 50}).fetchall(),
        "guidance": guidance.visits(connection, dt.date(day.year, 1, 1), day, areas=only),
        "guidance_missing": bool(guidance.empty(connection, guidance.quarter(day)[0], areas=only)),
        "budget": supervision.budget(connection, town, day.year),
        "actions": supervision.actions(connection, day, areas=only, state="open", limit=50),
        "faults": supervision.faults(connection, areas=only, only_open=True, limit=50),
        "digest": digest(connection, first, last, areas=only)[0]}


def digest(connection: Connection, first: dt.date, last: dt.date, *,
           areas: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """What each town did between two days, delegated and empowered apart."""
    return connection.execute(q["digest"], {"areas": None if areas is None else list(areas), "first": first,
                                            "last": last}).fetchall()


def penalties(connection: Connection, *, areas: Sequence[str] | None = None, before: int | None = None,
              limit: int = 50) -> list[dict[str, Any]]:
    """Penalties against the units of some areas, the brigade's among them (执法信息共享)."""
    return connection.execute(q["penalties"], {"areas": None if areas is None else list(areas), "before": before,
                                               "limit": limit}).fetchall()


def _without(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != key} for row in rows]
