"""Classes raised on the day of an event: a second penalty or a serious finding counts before the night has scored it.

The draw of tomorrow is frozen this evening, from scores that were made last night. So whatever was entered since is
looked at here: the unit is scored as of tomorrow, as the next night will, and by the rules of ``raises.rules``; where
either gives a higher class, it stands from tomorrow on. Nothing is ever lowered here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from policy import rules
from policy.clocks import legal_day
from scoring import champion, features, overrides
from scoring.card import CLASSES, Card
from scoring.scorecard import Scored
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

#: The points passed a cut, without a direct condition.
BY_SCORE = "score"


@dataclass(frozen=True)
class Raise:
    """A unit's class went up, by a rule and for an event, for the draws from ``from_day`` to ``until_day``."""

    unit_id: int
    from_class: str
    to_class: str
    rule: str
    event_kind: str
    event_ref: str
    from_day: dt.date
    until_day: dt.date


def run(db: Database, now: dt.datetime, unit_ids: Sequence[int] | None = None) -> list[Raise]:
    """As :func:`sweep`, in a transaction of its own."""
    with db.connection() as connection:
        return sweep(connection, legal_day(now) + dt.timedelta(days=1), now, unit_ids)


def sweep(connection: Connection, day: dt.date, now: dt.datetime,
          unit_ids: Sequence[int] | None = None) -> list[Raise]:
    """Raise what the events since the latest scores raise, from ``day`` on; of the units named, or of all.

    It may be called at any time and as often as one likes: an event raises once.
    """
    standing = connection.execute(q["run"], {"day": day}).fetchone()
    if standing is None:
        return []
    lock_for_transaction(connection, "raises")
    found = connection.execute(q["events"], {
        "as_of": standing["as_of"], "computed_at": standing["computed_at"], "day": day,
        "units": None if unit_ids is None else list(unit_ids)}).fetchall()
    if not found:
        return []
    units = sorted({row["unit_id"] for row in found})
    held = connection.execute(q["standing"], {"day": day, "as_of": standing["as_of"], "units": units}).fetchall()
    classes = {row["unit_id"]: row["risk_class"] for row in held}
    known = {row["unit_id"]: frozenset(row["direct"]) for row in held}
    scored = _tomorrow(connection, day, units)
    made = []
    for event in found:
        unit = event["unit_id"]
        # A unit without scores has no class that could be raised; the night gives it one.
        for one in _raises(event, classes[unit], known[unit], scored.get(unit), day) if unit in classes else ():
            if connection.execute(q["insert"], {**asdict(one), "raised_at": now}).fetchone():
                made.append(one)
                classes[unit] = max(classes[unit], one.to_class)
    return made


def _tomorrow(connection: Connection, day: dt.date, units: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Class and direct conditions of units as of a day, from all that is known before it."""
    table = features.load(connection, day, units)
    if not len(table):
        return {}
    scored = champion.score(table, Card.on(day), champion.ruling(connection, day))
    scored = overrides.apply(scored, overrides.in_force(connection, day))
    return {int(unit): (str(scored.risk_class[at]), scored.direct[at]) for at, unit in enumerate(table.unit_id)}


def _raises(event: Mapping[str, Any], standing: str, known: frozenset[str],
            tomorrow: tuple[str, tuple[str, ...]] | None, day: dt.date) -> Iterable[Raise]:
    """What an event raises a unit of class ``standing``, on which ``known`` direct conditions stood, to."""
    about = (event["kind"], event["ref"], day)
    for rule in rules().value("raises.rules", day):
        if rule["event"] == event["kind"] and set(rule["severities"]) & set(event["severities"]):
            to = CLASSES[min(CLASSES.index(standing) + int(rule["by"]), len(CLASSES) - 1)]
            if to > standing:
                yield Raise(event["unit_id"], standing, to, rule["code"], *about,
                            day + dt.timedelta(days=int(rule["days"]) - 1))
    if tomorrow is not None and tomorrow[0] > standing:
        # The next night gives the same class by itself: this holds until then.
        new = next((code for code in tomorrow[1] if code not in known), BY_SCORE)
        yield Raise(event["unit_id"], standing, tomorrow[0], new, *about, day)


def in_force(connection: Connection, as_of: dt.date) -> dict[int, tuple[str, str]]:
    """The class that each raised unit has at least on a day, and the rule."""
    return {row["unit_id"]: (row["to_class"], row["rule"])
            for row in connection.execute(q["in_force"], {"as_of": as_of})}


def apply(scored: Scored, raised: Mapping[int, tuple[str, str]]) -> Scored:
    """The same scores with no unit below the class that it was raised to, and the ranks that follow."""
    risk_class, direct, moved = scored.risk_class.copy(), list(scored.direct), False
    for place, unit in enumerate(scored.table.unit_id.tolist() if raised else ()):
        to, rule = raised.get(unit, ("", ""))
        if to > str(risk_class[place]):
            risk_class[place], moved = to, True
            direct[place] = (*direct[place], rule)
    return replace(scored, risk_class=risk_class, direct=tuple(direct)).ranked() if moved else scored


def listed(connection: Connection, unit_id: int, limit: int = 10) -> list[dict[str, Any]]:
    """The raises of a unit, the newest first."""
    return connection.execute(q["listed"], {"unit": unit_id, "limit": limit}).fetchall()
