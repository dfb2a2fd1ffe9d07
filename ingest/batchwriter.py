"""A batch of arrivals into the database: the clean telemetry by column, every other message one by one, all at once."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Mapping, Sequence

import psycopg
import structlog

from ingest import echoes, vendor_hours
from ingest import heard as hearing
from ingest.admission import Place, over_limits
from ingest.arrivals import Arrivals, moment
from ingest.block import Block, MetricColumns, open_block, unknown_topics
from ingest.heard import Heard
from ingest.ledger import Ledger
from ingest.limits import RateLimiter
from ingest.quarantine import Quarantined
from ingest.readings import Rows
from ingest.routes import Routes, current_revision
from ingest.stored import Stored
from ingest.storing import BatchStore, is_caused_by_data
from ingest.unit_days import UnitDay, mark_unit_days
from ingest.vocabulary import Vocabulary
from ingest.writer import Fence, Writer, contradiction
from policy import RuleBook
from policy.clocks import legal_day
from registry.vendor_limits import of_policy
from store import Database, HuoyanError
from store.database import Connection

_log = structlog.get_logger(__name__)
_EPOCH_DAY = dt.date(1970, 1, 1)
_MARKS_HOLD = 60.0
_NEAR_MIDNIGHT = dt.timedelta(minutes=10)


class BatchWriter:
    """Opens and stores batches. :meth:`open` may run on one thread while :meth:`store` runs on another.

    What is kept between batches can be asked of the database again at any time: the registry as of a revision, the
    days that are marked already, and when devices were last heard.
    """

    def __init__(self, db: Database, book: RuleBook, fence: Fence | None = None) -> None:
        self._db, self._book = db, book
        self._writer = Writer(db, book, tells_spoken=True, fence=fence)
        self._one_by_one = BatchStore(self._writer)
        self._routes = Routes()
        self._opening = threading.Lock()
        self._columns: MetricColumns | None = None
        self._ledger = Ledger()
        self._heard = Heard()
        self._limiter = RateLimiter()
        self._has_begun = False
        self._marked: set[tuple[int, int]] = set()
        self._marked_on = dt.date.min, 0.0

    def open(self, batch: Sequence[Arrivals]) -> Block | None:
        """Read a batch ahead of its being stored; None while the database can't be asked."""
        try:
            with self._opening:
                words = self._vocabulary(batch)
                if not unknown_topics(batch, self._routes):
                    return self._learnt(None, batch, words)
                with self._db.connection() as connection:
                    return self._open(connection, batch, words, *current_revision(connection))
        except Exception as error:
            if not isinstance(error, psycopg.Error | HuoyanError) and not is_caused_by_data(error):
                raise
            return None  # what it is, storing the batch will tell

    def store(self, batch: Sequence[Arrivals], block: Block | None) -> Stored:
        """Store a batch; when this returns it is committed.

        Raises :class:`psycopg.Error` or :class:`store.HuoyanError` where the server, not a message, is the cause.
        """
        try:
            stored = self._store(batch, block)
        except Exception as error:
            self._ledger.forget()
            self._marked.clear()
            if not is_caused_by_data(error):
                raise
            # The general way finds the message that the database refuses.
            return self._one_by_one.store([message for arrivals in batch for message in arrivals.messages()])
        self.flush()
        return stored

    def flush(self, *, is_last: bool = False) -> None:
        """Write down when devices were heard, if it is time to; after it was put off, at the next batch."""
        now = time.monotonic()
        if not (self._heard.is_due(now) or is_last):
            return
        taken = self._heard.take(now)
        if not taken:
            return
        try:
            with self._db.connection() as connection:
                # Nothing here was promised to anyone: it need not wait for the disk.
                connection.execute("set local synchronous_commit = off")
                # First of all: this locks them all in one order, and what is asked of them then holds.
                hearing.keep(connection, taken)
                back = hearing.offline_among(connection, taken)
                if back:
                    words = self._writer.words(dt.datetime.now(dt.UTC))
                    self._writer.come_back(connection, {number: moment(taken[number][1]) for number in back},
                                           {number: taken[number][0] for number in back}, words)
        except (psycopg.Error, HuoyanError) as error:
            self._heard.put_back(taken)
            _log.warning("when devices were heard could not be written down, trying again",
                         reason=" ".join(str(error).split())[:200])

    def made_up_for(self, seconds: float) -> None:
        """Nothing could be stored for so long: what the broker kept meanwhile does not count against the vendors."""
        self._limiter.credit(seconds, time.monotonic())

    def forget(self, now: dt.datetime) -> None:
        """Drop what need not be remembered longer, see :meth:`ingest.writer.Writer.forget`."""
        self._writer.forget(now)

    def _store(self, batch: Sequence[Arrivals], block: Block | None) -> Stored:
        with self._opening:
            words = self._vocabulary(batch)
        with self._db.connection() as connection:
            self._writer.pass_fence(connection)
            revision, now = current_revision(connection)
            if block is None or block.revision != revision or batch[0].is_retried:
                with self._opening:
                    block = self._open(connection, batch, words, revision, now)
            aside = {} if batch[0].is_retried else self._over_limits(connection, batch, block)
            if aside:
                with self._opening:
                    block = open_block(batch, self._routes, words, self._metric_columns(words), aside.keys())
            stored = Stored()
            contradictions = self._add(connection, block, batch, stored)
            odd = [batch[which].message(at) for which, at in block.odd if (which, at) not in aside]
            days = self._unmarked(block, now)
            if odd:
                stored = stored.plus(self._writer.store_within(connection, odd, words, days))
            elif days:
                mark_unit_days(connection, days, legal_day(now))
            put_aside = _put_aside(connection, batch, aside, stored)
            self._writer.refuse_within(connection, contradictions + put_aside, stored)
            vendor_hours.count(connection, stored.tallies)
        self._heard.add(block.heard, block.heard_unit, block.heard_us, block.heard_ts)
        return stored

    def _over_limits(self, connection: Connection, batch: Sequence[Arrivals],
                     block: Block) -> dict[Place, tuple[str, str]]:
        now = time.monotonic()
        if not self._has_begun:
            # What the broker kept while nobody was here comes at once, and is not more than was allowed meanwhile.
            self._has_begun = True
            silence = hearing.seconds_since_last(connection, moment(batch[0].received_us))
            if silence is not None:
                self._limiter.credit(silence, now)
        return over_limits(batch, block, self._routes.limits, self._limiter, now)

    def _add(self, connection: Connection, block: Block, batch: Sequence[Arrivals],
             stored: Stored) -> list[Quarantined]:
        """Add what is clean; returns the contradictions, which are still to be quarantined."""
        if not block.messages:
            return []
        stored.messages["telemetry"] += block.messages
        added = self._writer.readings.add(connection, Rows(block.device, block.metric, block.ts, block.value,
                                                           block.received))
        stored.readings += added.stored
        stored.duplicates += added.duplicates
        self._ledger.remember(connection, block.timeless, block.messages, moment(batch[0].received_us))
        for count in block.vendors:
            stored.tally(count.vendor_code, "telemetry", moment(batch[0].received_us)).add(
                count.messages, count.bytes, readings=count.rows)
        return [contradiction(one) for one in added.contradictions]

    def _unmarked(self, block: Block, now: dt.datetime) -> set[UnitDay]:
        """The unit-days to be marked. A mark of today stays until the day is over: once in a while is enough.

        ``now`` is the database's: a clock of ours that is slow would rely on marks that a roll-up has taken already. So
        would a batch that begins today and ends tomorrow; and somebody may have rolled up a day before its end.
        """
        today = legal_day(now)
        key = today, now.timestamp() // _MARKS_HOLD
        if key != self._marked_on or legal_day(now + _NEAR_MIDNIGHT) != today:
            self._marked_on, self._marked = key, set()
        touched = set(zip(block.units.tolist(), block.days.tolist(), strict=True)) - self._marked
        latest = (today - _EPOCH_DAY).days
        self._marked |= {one for one in touched if one[1] >= latest}
        return {(unit, _EPOCH_DAY + dt.timedelta(days=day)) for unit, day in touched}

    def _vocabulary(self, batch: Sequence[Arrivals]) -> Vocabulary:
        return self._writer.words(moment(batch[-1].received_us))

    def _metric_columns(self, words: Vocabulary) -> MetricColumns:
        if self._columns is None or self._columns.words is not words:
            self._columns = MetricColumns(words, self._writer.metric_numbers)
        return self._columns

    def _open(self, connection: Connection, batch: Sequence[Arrivals], words: Vocabulary, revision: int,
              now: dt.datetime) -> Block:
        day = legal_day(now)
        self._routes.keep_for(revision, day)
        missing = unknown_topics(batch, self._routes)
        if missing:
            self._routes.learn(connection, missing, of_policy(self._book, day))
        return self._learnt(connection, batch, words)

    def _learnt(self, connection: Connection | None, batch: Sequence[Arrivals], words: Vocabulary) -> Block:
        columns = self._metric_columns(words)
        block = open_block(batch, self._routes, words, columns)
        if not block.missing:
            return block
        if connection is None:
            with self._db.connection() as own:
                return self._open(own, batch, words, *current_revision(own))
        self._routes.learn_devices(connection, block.missing)
        return open_block(batch, self._routes, words, columns)


def _put_aside(connection: Connection, batch: Sequence[Arrivals], aside: Mapping[Place, tuple[str, str]],
               stored: Stored) -> list[Quarantined]:
    """What is quarantined of messages that exceed a limit, counted in ``stored``; delivered again, they are known."""
    refused, messages = [], []
    for (which, at), (code, reason) in aside.items():
        message = batch[which].message(at)
        messages.append(message)
        vendor = message.topic.split("/")[2]
        refused.append(Quarantined(message.topic, message.payload, message.payload_bytes, vendor, code, reason,
                                   message.received_at))
        stored.tally(vendor, "telemetry", message.received_at).add(1, message.payload_bytes, refused=1)
    if refused:
        stored.messages["telemetry"] += len(refused)
        echoes.remember(connection, messages)
    return refused
