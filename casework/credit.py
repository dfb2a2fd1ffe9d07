"""消防信用积分 as a ledger: a balance is the start plus the sum of entries, and each entry names its event and article.

Nothing of the ledger is ever changed: a withdrawn penalty or a repair posts a new entry with the points given back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.credit_record import periods, publicity
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import PolicyError, rules
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)


_TOGETHER = 10_000  # events of a statement


@dataclass(frozen=True)
class Band:
    """A rating and the lowest balance that earns it."""

    code: str
    lowest: float
    zh: str
    en: str


def balance(points: Iterable[float], day: dt.date) -> float:
    """Start plus sum."""
    return float(rules().value("credit.start", day)) + sum(map(float, points))


def rating(points: float, day: dt.date) -> Band:
    """The band that a balance falls into."""
    bands = [Band(band["code"], band["from"], band["zh"], band["en"]) for band in rules().value("credit.bands", day)]
    for band in sorted(bands, key=lambda band: -band.lowest):
        if points >= band.lowest:
            return band
    raise PolicyError(f"credit.bands has no band for {points:g} points: give the last one a lower bound")


def points_of(event_kind: str, day: dt.date) -> tuple[float, str] | None:
    """Points and article of a kind of event on its day; None where policy posts none for it."""
    entry = rules().value("credit.points", day).get(event_kind)
    return (float(entry["points"]), str(entry["article"])) if entry else None


def misfit(event_kind: str, points: float, day: dt.date) -> tuple[str, str] | None:
    """Why an entry that is brought in can't stand in the ledger, and which of its columns says so, or None."""
    set_, others = rules().value("credit.points", day), rules().value("credit.events", day)
    if event_kind in set_:
        right = float(set_[event_kind]["points"])
        if points == right:
            return None
        return "points", (f"{event_kind} posts {right:g} points on {day}, not {points:g} (credit.points): bring in "
                          f"other points as import")
    if event_kind not in others:
        return "event_kind", (f"policy has no event {event_kind} on {day} (credit.points, credit.events): say one of "
                              f"{', '.join([*set_, *others])}")
    if others[event_kind].get("gives") and points <= 0:
        return "points", f"{event_kind} gives points back: more than 0, not {points:g}"
    return None


def post(connection: Connection, *, unit_id: int, occurred_on: dt.date, event_kind: str, event_ref: str,
         actor: str) -> float | None:
    """Post the points that policy sets for an event; once, however often it is asked for. Returns points posted now."""
    if event_kind.startswith("penalty_"):
        publicity.open_decision(connection, event_ref)
    found = points_of(event_kind, occurred_on)
    if found is None:
        return None
    return _enter(connection, unit_id, occurred_on, found[0], event_kind, event_ref, found[1], actor)


def post_reversal(connection: Connection, *, unit_id: int, occurred_on: dt.date, event_ref: str, event_kind: str,
                  article: str, actor: str) -> float | None:
    """Give back what an event posted, whatever policy says today; nothing where it posted nothing."""
    publicity.withdraw_decision(connection, event_ref, occurred_on)
    row = connection.execute(q["posted_for"], {"unit": unit_id, "ref": event_ref}).fetchone()
    posted = float(row["points"]) if row else 0.0
    if posted >= 0:
        return None
    return _enter(connection, unit_id, occurred_on, -posted, event_kind, event_ref, article, actor)


def repair(db: Database, entry_id: int, reason: str, actor: str, *, day: dt.date) -> float:
    """信用修复: give the points of one entry back once its shortest publicity has passed; returns them."""
    why = forms.reason(reason)
    with db.connection() as connection:
        lock_for_transaction(connection, f"repair of credit entry {entry_id}")
        entry = connection.execute(q["entry"], [entry_id]).fetchone()
        if entry is None:
            raise NotFound(f"there is no credit entry {entry_id}")
        if entry["points"] >= 0:
            raise CaseworkError(f"credit entry {entry_id} took no points: there is nothing to repair")
        earliest = earliest_repair(entry["event_kind"], entry["occurred_on"])
        if day < earliest:
            raise CaseworkError(f"credit entry {entry_id} may be repaired from {earliest} on (shortest publicity)")
        given = give_back(connection, entry_id, why, actor, day)
    if given is None:
        raise AlreadyDone(f"the points of credit entry {entry_id} were given back before")
    return given


def give_back(connection: Connection, entry_id: int, why: str, actor: str, day: dt.date) -> float | None:
    """Give the points of an entry back, whatever its day; None where they were given back before."""
    entry = connection.execute(q["entry"], [entry_id]).fetchone()
    if entry is None:
        raise NotFound(f"there is no credit entry {entry_id}", zh=f"没有积分记录 {entry_id}")
    if connection.execute(q["given_back"], {"ref": entry["event_ref"], "entry": str(entry_id)}).fetchone():
        return None
    return _enter(connection, entry["unit_id"], day, -float(entry["points"]), "repair", str(entry_id), why[:200], actor)


def earliest_repair(event_kind: str, occurred_on: dt.date) -> dt.date:
    """The first day on which points of an event may be given back."""
    return periods.first_permitted_day([event_kind], occurred_on)


def serious_grounds(connection: Connection, unit_id: int, day: dt.date) -> list[str]:
    """Facts that are grounds for the serious list on ``day``; the body decides after it has heard the unit."""
    rule = rules().value("credit.serious_penalties", day)
    row = connection.execute(q["grounds"], {"unit": unit_id, "day": day,
                                            "since": day - dt.timedelta(days=rule["days"])}).fetchone()
    assert row is not None  # noqa: S101  an aggregate has one row
    grounds = []
    if row["penalties"] >= rule["count"]:
        grounds.append(f"{row['penalties']} penalties within {rule['days']} days")
    if row["overdue"]:
        grounds.append(f"{row['overdue']} major hazards not corrected in time")
    return grounds


def run(db: Database, day: dt.date) -> dict[str, Any]:
    """Post what events up to ``day`` should have posted and did not (bulk loads, a later rule)."""
    with db.connection() as connection:
        events = connection.execute(q["unposted"], {"day": day}).fetchall()
        return {"posted": sum(_post_all(connection, events[first:first + _TOGETHER], "job:credit")
                              for first in range(0, len(events), _TOGETHER))}


def _post_all(connection: Connection, events: Sequence[dict[str, Any]], actor: str) -> int:
    """:func:`post` for many events at once, in their order: an import leaves tens of thousands. How many it posted."""
    publicity.open_decisions(connection, [one["event_ref"] for one in events
                                          if one["event_kind"].startswith("penalty_")])
    entries = {(one["event_kind"], one["event_ref"]): {
        "unit_id": one["unit_id"], "occurred_on": one["occurred_on"], "points": found[0],
        "event_kind": one["event_kind"], "event_ref": one["event_ref"], "article": found[1]}
        for one in reversed(events) if (found := points_of(one["event_kind"], one["occurred_on"])) is not None}
    rows = list(reversed(entries.values()))
    posted = connection.execute(q["insert_entries"], {
        "units": [row["unit_id"] for row in rows], "days": [row["occurred_on"] for row in rows],
        "points": [row["points"] for row in rows], "kinds": [row["event_kind"] for row in rows],
        "refs": [row["event_ref"] for row in rows], "articles": [row["article"] for row in rows]}).fetchall()
    posted.sort(key=lambda row: row["entry_id"])
    audit.record_all(connection, actor, "post", "credit_entry", [
        (str(row["entry_id"]), entries[row["event_kind"], row["event_ref"]]) for row in posted])
    return len(posted)


def _enter(connection: Connection, unit_id: int, occurred_on: dt.date, points: float, event_kind: str, event_ref: str,
           article: str, actor: str) -> float | None:
    row = connection.execute(q["insert_entry"], {
        "unit": unit_id, "day": occurred_on, "points": points, "kind": event_kind, "ref": event_ref,
        "article": article}).fetchone()
    if row is None:
        return None
    audit.record(connection, actor, "post", "credit_entry", str(row["entry_id"]), None, {
        "unit_id": unit_id, "occurred_on": occurred_on, "points": points, "event_kind": event_kind,
        "event_ref": event_ref, "article": article})
    return points

