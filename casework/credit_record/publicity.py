"""What is public from when until when: decisions from their day, listings from theirs, each ending by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from casework.credit_record import periods
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

#: Kinds of public entries; of a listing the kind is its list.
KINDS = ("penalty", "general", "serious", "red")


def open_decision(connection: Connection, case_no: str) -> None:
    """Make a decision public that was just entered; one with several penalties is one entry with the longest time."""
    open_decisions(connection, [case_no])


def open_decisions(connection: Connection, case_nos: Sequence[str]) -> None:
    """:func:`open_decision` for many at once, in their order."""
    if case_nos:
        _open(connection, connection.execute(q["decisions_of"], {"numbers": list(case_nos)}).fetchall())


def open_missing(connection: Connection, day: dt.date) -> int:
    """Make public what came in without (loaded in bulk): decisions whose time has not run out, open listings."""
    since = periods.years_after(day, -int(rules().value("credit.publicity_years", day)["max"]))
    opened = _open(connection, connection.execute(q["missing"], {"since": since, "day": day}).fetchall())
    return opened + _open_listings(connection, connection.execute(q["missing_listings"]).fetchall())


def open_listing(connection: Connection, listing_id: int) -> None:
    """Make a listing public."""
    _open_listings(connection, connection.execute(q["listing"], [listing_id]).fetchall())


def withdraw_decision(connection: Connection, case_no: str, day: dt.date) -> None:
    """End the publicity of a decision once all of it was changed or annulled."""
    connection.execute(q["withdraw"], {"number": case_no, "day": day})


def end(connection: Connection, kind: str, ref: str, day: dt.date, why: str) -> bool:
    """End the publicity of something; whether it still ran."""
    return connection.execute(q["end"], {"kind": kind, "ref": ref, "day": day, "why": why}).rowcount > 0


def find(connection: Connection, kinds: list[str], ref: str) -> dict[str, Any] | None:
    """The entry of something, locked."""
    return connection.execute(q["one"], {"kinds": kinds, "ref": ref}).fetchone()


def end_by_itself(connection: Connection, day: dt.date) -> int:
    """End what has run its longest time, with the listings that it shows."""
    ended = connection.execute(q["end_by_itself"], {"day": day}).rowcount
    connection.execute(q["end_listings"])
    return ended


def _open(connection: Connection, decisions: list[dict[str, Any]]) -> int:
    shown = [one for one in decisions if held_back(one) is None]
    if not shown:
        return 0
    earliest = [periods.first_permitted_day([f"penalty_{kind}" for kind in one["kinds"]], one["decided_on"])
                for one in shown]
    until = [periods.last_public_day(one["decided_on"]) for one in shown]
    connection.execute(q["insert"], {
        "kinds": ["penalty"] * len(shown), "refs": [one["ref"] for one in shown],
        "units": [one["unit_id"] for one in shown], "whats": [",".join(one["kinds"]) for one in shown],
        "bases": [one["article"] for one in shown], "days": [one["decided_on"] for one in shown],
        "earliest": [min(pair) for pair in zip(earliest, until, strict=True)], "until": until})
    return len(shown)


def _open_listings(connection: Connection, listings: list[dict[str, Any]]) -> int:
    if not listings:
        return 0
    own = [one["list"] != "red" for one in listings]
    connection.execute(q["insert"], {
        "kinds": [one["list"] for one in listings], "refs": [str(one["listing_id"]) for one in listings],
        "units": [one["unit_id"] for one in listings], "whats": [one["list"] for one in listings],
        "bases": [one["basis"] for one in listings], "days": [one["from_day"] for one in listings],
        "earliest": [periods.first_permitted_day([], one["from_day"]) if ends else None
                     for one, ends in zip(listings, own, strict=True)],
        "until": [periods.last_public_day(one["from_day"]) if ends else None
                  for one, ends in zip(listings, own, strict=True)]})
    return len(listings)


def held_back(decision: dict[str, Any]) -> str | None:
    """Why a decision is no public credit information, by policy of its day; None where it is."""
    rule = rules().value("credit.public_penalties", decision["decided_on"])
    if decision["party"] not in rule["parties"]:
        return "natural_person"
    if decision["procedure"] not in rule["procedures"]:
        return "simple_procedure"
    if not set(decision["kinds"]) & set(rule["kinds"]):
        return "kind_not_public"
    return None
