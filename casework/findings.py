"""Off-site findings (非现场监管线索): what telemetry gives cause to look into, kept as one row an episode.

Whoever detects hands in the episodes of one rule as they stand at a moment; this module says which are new, which are
those on record, and which of those on record have lost their ground. A finding counts as nothing until a person has
decided (:mod:`casework.finding_decisions`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from casework.deadlines import span
from casework.numbers import next_number
from policy import due
from policy.clocks import Span, legal_day
from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

_FINAL = ("substantiated", "dismissed")
# What lies this near to the end of the window may be missing from it for that reason alone.
_MARGIN = dt.timedelta(days=1)
_ALWAYS = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch of time in which a rule is met at a unit. ``subject`` says by what: a device, a point, a day.

    ``ended_at`` None: it lasts. ``is_cut``: it may have begun before ``began_at``, which is where the look began.
    ``evidence`` is fit for JSON: numbers with their units, and the ids of what it rests on.
    """

    unit_id: int
    subject: str
    device_id: int | None
    began_at: dt.datetime
    ended_at: dt.datetime | None
    evidence: Mapping[str, Any]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding on record, as far as episodes are compared with it."""

    finding_id: int
    unit_id: int
    subject: str
    began_at: dt.datetime
    ended_at: dt.datetime | None
    state: str
    decided_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How episodes are compared: ``since`` is where the look began, ``rejoin`` the gap within which a condition that
    comes back is the same episode, ``again`` how long after each decision what still lasts is a new finding.

    ``whole_from``: an episode that began before may lie in the look only in part, too short to be seen for what it was.
    """

    since: dt.datetime
    rejoin: dt.timedelta
    again: Mapping[str, dt.timedelta]
    whole_from: dt.datetime = _ALWAYS


@dataclass(slots=True)
class Changes:
    """What a look comes to: episodes that are new (with the finding each follows), those on record, those without
    ground any more, and those that are over because they are not seen any more."""

    fresh: list[tuple[Episode, int | None]] = field(default_factory=list)
    seen: list[tuple[Kept, Episode]] = field(default_factory=list)
    lapsed: list[Kept] = field(default_factory=list)
    over: list[Kept] = field(default_factory=list)


def reconcile(kept: Iterable[Kept], episodes: Iterable[Episode], as_of: dt.datetime, terms: Terms) -> Changes:
    """Compare the episodes of one rule with the findings of that rule. Pure.

    An episode is the newest finding of the same unit and subject whose time it meets, or comes within ``rejoin`` of.
    Only what no one has decided can lose its ground; what lost it stays so, and is a new finding if it comes back.
    """
    changes = Changes()
    of: dict[tuple[int, str], list[Kept]] = defaultdict(list)
    for finding in kept:
        of[finding.unit_id, finding.subject].append(finding)
    met: set[int] = set()
    for episode in sorted(episodes, key=lambda one: (one.unit_id, one.subject, one.began_at)):
        near = [finding for finding in of[episode.unit_id, episode.subject] if _touch(finding, episode, terms.rejoin)]
        # The newest stands for the episode; the rounds before it are over with it.
        own = max((finding for finding in near if finding.finding_id not in met and finding.state != "lapsed"),
                  key=lambda finding: finding.finding_id, default=None)
        changes.over += [finding for finding in near if finding.finding_id not in met and finding is not own
                         and finding.state not in ("open", "lapsed") and finding.ended_at is None]
        met.update(finding.finding_id for finding in near)
        if own is None:
            last = max((finding.finding_id for finding in near if finding.state == "lapsed"), default=None)
            changes.fresh.append((episode, last))
            continue
        changes.seen.append((own, episode))
        if episode.ended_at is None and own.state in _FINAL and own.decided_at is not None:
            wait = terms.again.get(own.state)
            if wait is not None and own.decided_at + wait <= as_of:
                changes.fresh.append((episode, own.finding_id))
    for finding in (one for many in of.values() for one in many if one.finding_id not in met):
        seen_whole = finding.began_at >= terms.whole_from and (
            finding.ended_at is None or finding.ended_at > terms.since + _MARGIN)
        if finding.state == "open" and seen_whole:
            changes.lapsed.append(finding)
        elif finding.state != "lapsed" and finding.ended_at is None:
            changes.over.append(finding)
    return changes


def _touch(finding: Kept, episode: Episode, rejoin: dt.timedelta) -> bool:
    return ((finding.ended_at is None or episode.began_at <= finding.ended_at + rejoin)
            and (episode.ended_at is None or finding.began_at <= episode.ended_at + rejoin))


def look(connection: Connection, rule: str, as_of: dt.datetime) -> bool:
    """Hold the findings of ``rule`` to the end of the transaction; False where a later look has been made already."""
    lock_for_transaction(connection, f"findings {rule}")
    row = connection.execute(q["latest_look"], {"rule": rule}).fetchone()
    return row is None or row["seen_at"] is None or bool(row["seen_at"] <= as_of)


def keep(connection: Connection, rule: str, episodes: Sequence[Episode], as_of: dt.datetime, terms: Terms,
         decide_within: Any) -> Changes:
    """Bring the findings of ``rule`` up to date with its episodes as of ``as_of``; asked twice it changes nothing.

    ``decide_within`` is a span of policy such as ``{working_days: 3}``; the clock runs from ``as_of``. Call it with
    :func:`look` held, from the earlier moment to the later.
    """
    rows = connection.execute(q["kept"], {"rule": rule, "since": terms.since - terms.rejoin - _MARGIN,
                                          "as_of": as_of}).fetchall()
    changes = reconcile([Kept(**row) for row in rows], episodes, as_of, terms)
    if changes.seen:
        connection.execute(q["see"], {
            "ids": [own.finding_id for own, _ in changes.seen],
            "began": [min(own.began_at, one.began_at) if one.is_cut else one.began_at for own, one in changes.seen],
            "ended": [one.ended_at for _, one in changes.seen],
            "evidence": [_json(one.evidence) for _, one in changes.seen], "as_of": as_of})
    if changes.lapsed:
        connection.execute(q["lapse"], {"ids": [own.finding_id for own in changes.lapsed], "as_of": as_of})
    if changes.over:
        connection.execute(q["end"], {"ids": [own.finding_id for own in changes.over]})
    if changes.fresh:
        _raise(connection, rule, changes.fresh, as_of, span(decide_within))
    return changes


def _raise(connection: Connection, rule: str, fresh: Sequence[tuple[Episode, int | None]], as_of: dt.datetime,
           within: Span) -> None:
    day = legal_day(as_of)
    # The lock behind the first number lasts to the end of the transaction, so the rest can be counted on from it.
    prefix, first = next_number(connection, "finding", day).rsplit("-", 1)
    numbers = [f"{prefix}-{int(first) + place:0{len(first)}d}" for place in range(len(fresh))]
    connection.execute(q["raise"], {
        "rule": rule, "numbers": numbers, "units": [one.unit_id for one, _ in fresh],
        "subjects": [one.subject for one, _ in fresh], "devices": [one.device_id for one, _ in fresh],
        "began": [one.began_at for one, _ in fresh], "ended": [one.ended_at for one, _ in fresh],
        "evidence": [_json(one.evidence) for one, _ in fresh], "again": [before for _, before in fresh],
        "as_of": as_of, "decide_by": due(as_of, within)})


def _json(evidence: Mapping[str, Any]) -> str:
    return orjson.dumps(evidence).decode()
