"""What is due without a message: rebirths to ask for, deaths to tell, waiting to end. For every second or so.

Any number of processes may do it at once: what one has locked the others pass over.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from ingest import quarantine
from ingest.casebook import Casebook
from ingest.quarantine import Quarantined
from ingest.rows import EventRow
from ingest.sparkplug import memory
from ingest.sparkplug.limits import SparkplugRules, sparkplug_rules
from ingest.sparkplug.rebirths import Publish
from ingest.sparkplug.sessions import ask_due
from ingest.vocabulary import vocabulary
from policy import RuleBook
from policy.clocks import legal_day
from store.database import Connection

_MOST: Final = 500


def tick(connection: Connection, book: RuleBook, now: dt.datetime) -> list[Publish]:
    """Do what is due; the requests are to be published once the transaction is committed."""
    rules = sparkplug_rules(book, legal_day(now))
    requests = ask_due(connection, memory.due_edges(connection, now, _MOST), now, rules)
    _expire(connection, now, rules)
    _settle(connection, book, now)
    return requests


def _expire(connection: Connection, now: dt.datetime, rules: SparkplugRules) -> None:
    """Metrics whose birth never came go to quarantine."""
    hours = rules.waiting_time.total_seconds() / 3600
    quarantine.add(connection, [
        Quarantined(one.topic, one.payload, len(one.payload), vendor, "no_birth",
                    f"no birth has named its aliases within {hours:g} hours", one.received_at)
        for vendor, one in memory.expired(connection, now - rules.waiting_time, _MOST)])


def _settle(connection: Connection, book: RuleBook, now: dt.datetime) -> None:
    """Devices whose session has ended are offline, unless they were heard since."""
    deaths = memory.unsettled(connection, _MOST)
    if not deaths:
        return
    memory.settle(connection, [death.birth_id for death in deaths])
    spoken = memory.registered(connection, {death.address for death in deaths})
    since: dict[tuple[str, str], dt.datetime] = {}
    for death in deaths:
        found = spoken.get(death.address)
        if found is not None and not found.is_elsewhere:
            key = death.address.vendor, found.device_no
            since[key] = max(since.get(key, death.died_at), death.died_at)
    gone = memory.mark_dead(connection, since)
    if gone:
        units = {one.device_id: one.unit_id for one in gone}
        events = [EventRow(one.device_id, one.since, "offline", "", True, "{}", None, now, "sparkplug") for one in gone]
        Casebook().take(connection, events, vocabulary(book, legal_day(now)), units)
