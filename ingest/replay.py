"""Decode quarantined payloads again, in the order they came in, under the times at which they were received.

A replay is a row of ``replay_runs``: asked for by the command or a page, worked through by whoever holds the one lock
there is for it. Each piece of work is stored first and then written down, so a replay that is killed goes on where it
was, and what it had stored is known again by its natural key and not stored twice.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from psycopg.types.json import Jsonb

from ingest import quarantine
from ingest.errors import IngestError
from ingest.links import readdress, register
from ingest.messages import Message
from ingest.opening import open_message
from ingest.quarantine import Quarantined
from ingest.storing import BatchStore
from ingest.vocabulary import vocabulary
from ingest.writer import Writer
from policy import RuleBook
from policy.clocks import legal_day
from store import Database, Queries, try_lock_for_session, unlock_session
from store.database import Connection

_log = structlog.get_logger(__name__)
_q = Queries(__file__)
_LOCK = "quarantine replay"
_PIECE = 200
_PIECE_BYTES = 8_000_000
_ATTEMPTS = 5
#: More payloads than this can't be picked one by one.
MOST_PICKED = 1000


@dataclass(frozen=True)
class Replay:
    """What a replay came to. A payload counts once for each of its times of receipt.

    ``tried`` = ``stored`` + ``refused``; ``reasons`` counts why the refused ones were refused now. Never replayed are
    ``cut`` payloads, of which only the start was kept, and ``old`` ones, which came before what is kept of telemetry.
    ``is_done`` is False where it was stopped on its way.
    """

    tried: int
    stored: int
    refused: int
    cut: int = 0
    old: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    run_id: int = field(default=0, compare=False)
    is_done: bool = True


@dataclass(slots=True)
class _Work:
    """One payload under one time of receipt."""

    quarantine_id: int
    digest: bytes
    message: Message
    refused: list[Quarantined] = field(default_factory=list)


def request(connection: Connection, book: RuleBook, actor: str, now: dt.datetime, *, vendor: str | None = None,
            reason: str | None = None, ids: Sequence[int] | None = None) -> dict[str, Any]:
    """Ask for a replay of what waits, of one vendor or reason, of these payloads, or of all; whoever serves does it.

    Returns its ``run_id``, and ``total``, ``cut`` and ``old``. :class:`IngestError` where nothing can be replayed.
    """
    if ids is not None and not 1 <= len(ids) <= MOST_PICKED:
        raise IngestError(f"pick 1 to {MOST_PICKED} payloads, not {len(ids)}: more are picked by vendor and reason",
                          zh=f"一次可选 1 至 {MOST_PICKED} 条，不能选 {len(ids)} 条：更多时请按厂商和原因重放")
    today = legal_day(now)
    trusting = connection.execute(_q["trusting"]).fetchone()
    rule = "clock.trusted_days" if trusting and trusting["devices"] else "clock.oldest_reading_days"
    reach = dt.timedelta(days=book.value(rule, today))
    row = connection.execute(_q["request"], {"actor": actor, "now": now, "vendor": vendor, "reason": reason,
                                             "ids": list(ids) if ids is not None else None, "reach": reach}).fetchone()
    assert row is not None  # noqa: S101  an insert that returns
    if not row["total"]:
        never = row["cut"] + row["old"]
        raise IngestError(
            "nothing of that waits to be replayed" + (f"; {never} payloads were cut or are too old" if never else ""),
            zh="其中没有等待重放的内容" + (f"（{never} 条只保留了开头或已过期，无法重放）" if never else ""))
    return row


def recent(db: Database, limit: int = 20) -> list[dict[str, Any]]:
    """The latest replays, the newest first."""
    return db.rows(_q["recent"], {"limit": limit})


def find(db: Database, run_id: int) -> dict[str, Any] | None:
    """One replay, or None."""
    return db.row(_q["run"], {"run": run_id})


def replay(db: Database, book: RuleBook, now: dt.datetime, *, vendor: str | None = None, reason: str | None = None,
           ids: Sequence[int] | None = None, actor: str = "cli",
           progress: Callable[[int, int], None] | None = None) -> Replay:
    """Replay what waits, of one vendor or reason, of these payloads, or of all. What is stored already is not stored
    twice.

    A payload refused again for the same reason stays; a part refused for another reason is quarantined under that one.
    :class:`IngestError` where another replay is at work. ``progress(tried, total)`` is called after each piece.
    """
    with _alone(db) as holder:
        if holder is None:
            raise IngestError("another replay is at work: look at it with huoyan quarantine replays and wait",
                              zh="另一个重放正在进行，请稍后再试")
        with db.connection() as connection:
            try:
                asked = request(connection, book, actor, now, vendor=vendor, reason=reason, ids=ids)
            except IngestError:
                if ids is not None:
                    raise
                asked = None
                connection.rollback()
        if asked is None:
            return Replay(0, 0, 0)
        return _Run(db, book, now, progress).go_through(holder, asked["run_id"], lambda: True)


def serve(db: Database, book: RuleBook, now: dt.datetime, keep_going: Callable[[], bool]) -> list[Replay]:
    """Bring every replay that was asked for to its end, also one that another process began and could not finish.

    Returns at once where another process is at it. ``keep_going`` is asked before each piece: False stops there.
    """
    if not db.rows(_q["unfinished"]):
        return []
    done = []
    with _alone(db) as holder:
        if holder is None:
            return []
        while keep_going():
            waiting = db.row(_q["unfinished"])
            if waiting is None:
                break
            done.append(_Run(db, book, now, None).go_through(holder, waiting["run_id"], keep_going))
    return done


@contextmanager
def _alone(db: Database) -> Iterator[Connection | None]:
    """The one lock for replays, on a connection of its own: it goes when the process dies. None where it is held."""
    with db.connection() as holder:
        holder.autocommit = True
        try:
            if not try_lock_for_session(holder, _LOCK):
                yield None
                return
            try:
                yield holder
            finally:
                unlock_session(holder, _LOCK)
        finally:
            holder.autocommit = False


class _Run:
    """One going through a replay's work."""

    def __init__(self, db: Database, book: RuleBook, now: dt.datetime,
                 progress: Callable[[int, int], None] | None) -> None:
        self._db, self._book, self._now, self._progress = db, book, now, progress
        self._batches = BatchStore(Writer(db, book))
        self._reasons: Counter[str] = Counter()

    def go_through(self, holder: Connection, run_id: int, keep_going: Callable[[], bool]) -> Replay:
        run = self._db.row(_q["begin"], {"run": run_id, "now": self._now})
        assert run is not None  # noqa: S101  asked for before
        self._reasons.update(run["reasons"])
        try:
            finished = self._work_through(holder, run, keep_going)
        except psycopg.OperationalError:  # the server is away: it goes on later
            raise
        except Exception as error:
            self._finish(run_id, "failed", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
            raise
        if finished:
            self._finish(run_id, "done", None)
        row = find(self._db, run_id) or run
        _log.info("replayed" if finished else "a replay stopped on its way", run=run_id, tried=row["tried"],
                  stored=row["stored"], refused=row["refused"])
        return Replay(row["tried"], row["stored"], row["refused"], row["cut"], row["old"], dict(row["reasons"]), run_id,
                      finished)

    def _work_through(self, holder: Connection, run: dict[str, Any], keep_going: Callable[[], bool]) -> bool:
        """Whether it came to the end.

        The list of work is made once and kept by the server: payloads are fetched piece by piece, and no transaction
        stays open for as long as a replay takes.
        """
        with holder.cursor(name="replay_work", withhold=True) as cursor:
            cursor.execute(_q["work"], run)
            for piece in _pieces(cursor):
                if not keep_going():
                    return False
                self._replay(run["run_id"], piece)
                if self._progress:
                    row = find(self._db, run["run_id"]) or run
                    self._progress(row["tried"], row["total"])
        return True

    def _finish(self, run_id: int, status: str, error: str | None) -> None:
        with self._db.connection() as connection:
            connection.execute(_q["finish"], {"run": run_id, "status": status, "error": error})

    def _replay(self, run_id: int, piece: list[dict[str, Any]]) -> None:
        payloads = {row["quarantine_id"]: row for row in self._db.rows(
            _q["payloads"], {"ids": sorted({one["quarantine_id"] for one in piece})})}
        work = []
        directory = None
        for one in piece:
            found = payloads.get(one["quarantine_id"])
            if found is None:  # trimmed since the list was made: it is in the summary
                continue
            payload, topic, refused = bytes(found["payload"]), found["topic"], []
            if topic.startswith(readdress.ROOT):
                # A frame of a link, which named no device: by now one may go by its address.
                directory = directory or register.directory(
                    self._db, vocabulary(self._book, legal_day(self._now)).gbt)
                topic = readdress.device_topic(topic, directory) or topic
                if topic == found["topic"]:
                    refused = [Quarantined(topic, payload, len(payload), None, found["reason_code"], found["reason"],
                                           one["receipt"])]
            work.append(_Work(one["quarantine_id"], bytes(found["digest"]), Message(topic, payload, one["receipt"]),
                              refused))
        self._store([one for one in work if not one.refused])
        self._reasons.update(code for one in work for code in {refusal.reason_code for refusal in one.refused})
        for attempt in range(_ATTEMPTS):
            try:
                with self._db.connection() as connection:
                    self._settle(connection, run_id, piece[-1], work)
                return
            except psycopg.errors.DeadlockDetected:  # a writer refuses the same payloads at this moment
                if attempt == _ATTEMPTS - 1:
                    raise

    def _settle(self, connection: Connection, run_id: int, last: dict[str, Any], work: list[_Work]) -> None:
        """Write down what became of a piece of work, and how far the replay is, in one transaction."""
        refused = [one for one in work if one.refused]
        # Refused again for the same reason: it waits as before. What is refused for another reason waits under that.
        settled = [one for one in work if one.digest not in {refusal.digest for refusal in one.refused}]
        self._mark_days(connection, work)
        quarantine.add_again(connection, [refusal for one in refused for refusal in one.refused
                                          if refusal.digest != one.digest])
        connection.execute(_q["settle"], {
            "now": self._now, "ids": [one.quarantine_id for one in settled],
            "receipts": [one.message.received_at for one in settled],
            "became": [", ".join(sorted({refusal.reason_code for refusal in one.refused})) for one in settled]})
        connection.execute(_q["advance"], {
            "run": run_id, "after_time": last["receipt"], "after_id": last["quarantine_id"],
            "tried": len(work), "stored": len(work) - len(refused), "refused": len(refused),
            "reasons": Jsonb(self._reasons)})

    def _store(self, work: list[_Work]) -> None:
        """Store all together where nothing is refused; else by halves, until it is known what is to blame.

        What was stored by then comes again as a repetition.
        """
        if not work:
            return
        with quarantine.gathering() as refused:
            self._batches.store([one.message for one in work])
        if refused and len(work) > 1:
            self._store(work[:len(work) // 2])
            self._store(work[len(work) // 2:])
        else:
            work[0].refused = list({one.digest: one for one in refused}.values())

    def _mark_days(self, connection: Connection, work: list[_Work]) -> None:
        """An event replayed today may have begun a condition weeks ago: every day since is rolled up again."""
        told: set[tuple[str, str, dt.date]] = set()
        for one in work:
            if not one.message.topic.endswith("/telemetry"):
                day = legal_day(one.message.received_at)
                opened = open_message(one.message, vocabulary(self._book, day))
                told.update((vendor, number, day) for vendor, number in opened.devices)
        if told:
            connection.execute(_q["mark_days"], {
                "vendors": [vendor for vendor, _, _ in told], "numbers": [number for _, number, _ in told],
                "days": [day for _, _, day in told], "today": legal_day(self._now)})


def _pieces(rows: Any) -> Iterator[list[dict[str, Any]]]:
    piece: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        if piece and (len(piece) == _PIECE or size + row["size"] > _PIECE_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(row)
        size += row["size"]
    if piece:
        yield piece
