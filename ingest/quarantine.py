"""What was refused: kept with its bytes, topic and reason, counted, bounded, and decoded again once it is mended.

Bounded means: of each vendor and of all together so many rows and bytes (policy ``quarantine.*``). Whoever adds keeps
the bound, so that a flood can't fill the disk between two tidyings. What has to go goes in this order: what was
replayed, the oldest, the oldest of a form that alarms have; and it is summed up by vendor, reason and day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from policy import rules
from policy.clocks import legal_day
from store import Database, Queries, try_lock_for_transaction
from store.database import Connection

_q = Queries(__file__)
#: Beyond its bound a vendor may be by this share before it is trimmed: trimming a few rows each time costs more.
_SLACK = 0.1
_STEP = 5000
_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A refused payload. ``payload_bytes`` exceeds its length where only the start of it was kept.

    ``vendor_code`` is None unless the vendor is registered. ``redelivered``: the broker may have delivered it before,
    so that its time of receipt tells nothing new.
    """

    topic: str
    payload: bytes
    payload_bytes: int
    vendor_code: str | None
    reason_code: str
    reason: str
    received_at: dt.datetime
    redelivered: bool = False

    @property
    def digest(self) -> bytes:
        head = f"{self.topic}\n{self.reason_code}\n{self.payload_bytes}\n".encode("utf-8", "replace")
        return hashlib.sha256(head + self.payload).digest()


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that quarantine holds. Sizes in bytes; ``vendor_*`` for each vendor, those unknown counting as one."""

    vendor_rows: int
    vendor_size: int
    total_rows: int
    total_size: int

    @classmethod
    def on(cls, day: dt.date) -> Bounds:
        """The bounds that hold on ``day``."""
        book, mega = rules(), 1_000_000
        return cls(book.value("quarantine.vendor_rows", day), book.value("quarantine.vendor_megabytes", day) * mega,
                   book.value("quarantine.total_rows", day), book.value("quarantine.total_megabytes", day) * mega)


#: Rows and bytes.
Usage = tuple[int, int]


def shares(usage: Mapping[str, Usage], bounds: Bounds) -> dict[str, Usage]:
    """How many rows and bytes each vendor may keep: its own bound, and lower where all together would be too much.

    The room of all is cut from the top: who holds least gives up nothing.
    """
    rows = _level([used for used, _ in usage.values()], bounds.vendor_rows, bounds.total_rows)
    size = _level([used for _, used in usage.values()], bounds.vendor_size, bounds.total_size)
    return dict.fromkeys(usage, (rows, size))


def _level(used: list[int], most: int, room: int) -> int:
    """The highest level, up to ``most``, at which all that is used, cut off at it, fits into ``room``."""
    left, above = room, len(used)
    for amount in sorted(used):
        if min(amount, most) * above > left:
            return left // above
        left -= min(amount, most)
        above -= 1
    return most


@dataclass
class _Rows:
    """Refused payloads by digest, as columns for the database."""

    chosen: dict[bytes, Quarantined] = field(default_factory=dict)
    receipts: dict[bytes, list[dt.datetime]] = field(default_factory=dict)

    def add(self, one: Quarantined) -> None:
        key = one.digest
        self.chosen[key] = one
        self.receipts.setdefault(key, []).append(one.received_at)

    def store(self, connection: Connection, query: str) -> None:
        if not self.chosen:
            return
        rows, receipts = list(self.chosen.values()), list(self.receipts.values())
        connection.execute(_q[query], {
            "received": [max(times) for times in receipts], "first": [min(times) for times in receipts],
            "topics": [_text(row.topic) for row in rows], "payloads": [row.payload for row in rows],
            "sizes": [row.payload_bytes for row in rows], "digests": list(self.chosen),
            "vendors": [row.vendor_code for row in rows], "codes": [row.reason_code for row in rows],
            "reasons": [_text(row.reason)[:_LONGEST_REASON] for row in rows],
            "times": [len(times) for times in receipts],
            "receipts": ["{" + ",".join(f'"{time.isoformat()}"' for time in times[:1] + times[1:][-99:]) + "}"
                         for times in receipts]})


_gathered: ContextVar[list[Quarantined] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[list[Quarantined]]:
    """Within, what is refused is put into this list and not into quarantine: a replay has it there already."""
    refused: list[Quarantined] = []
    token = _gathered.set(refused)
    try:
        yield refused
    finally:
        _gathered.reset(token)


def add(connection: Connection, refused: Iterable[Quarantined]) -> None:
    """Quarantine payloads in the caller's transaction, and keep the bounds of quarantine."""
    gathered = _gathered.get()
    if gathered is not None:
        gathered.extend(refused)
        return
    fresh, again = _Rows(), _Rows()
    for one in refused:
        (again if one.redelivered else fresh).add(one)
    if not fresh.chosen and not again.chosen:
        return
    fresh.store(connection, "add")
    again.store(connection, "add_once")
    newest = max(times[-1] for times in (*fresh.receipts.values(), *again.receipts.values()))
    _bound(connection, Bounds.on(legal_day(newest)), _SLACK)


def add_again(connection: Connection, refused: Iterable[Quarantined]) -> None:
    """Quarantine what a replay refuses: what waits already stays as it is."""
    rows = _Rows()
    for one in refused:
        rows.add(one)
    rows.store(connection, "add_once")


def trim(connection: Connection, *, rows: int, size: int, total_rows: int | None = None,
         total_size: int | None = None) -> int:
    """Keep each vendor, and all together where told, within ``rows`` and ``size`` bytes; returns how many went.

    What goes is summed up in ``quarantine_summary``. Where another process trims at this moment nothing is done.
    """
    connection.execute(_q["fold_usage"])
    everything = 2**62
    return _bound(connection, Bounds(rows, size, everything if total_rows is None else total_rows,
                                     everything if total_size is None else total_size), 0)


def expire(db: Database, before: dt.datetime) -> int:
    """Sum up and drop what was last received before a moment, step by step; returns how many payloads went."""
    gone = 0
    while True:
        with db.connection() as connection:
            step = connection.execute(_q["expire"], {"before": before, "step": _STEP}).fetchone()
        if step is None or not step["rows"]:
            return gone
        gone += step["rows"]


def newest(db: Database, *, vendor: str | None = None, reason: str | None = None, waiting: bool = False,
           limit: int = 100) -> list[dict[str, Any]]:
    """The newest quarantined payloads. ``waiting``: only those not yet replayed."""
    return db.rows(_q["newest"], {"vendor": vendor, "reason": reason, "waiting": waiting, "limit": limit})


def counts(db: Database, *, vendor: str | None = None) -> list[dict[str, Any]]:
    """Payloads by vendor and reason: ``times`` counts repetitions too, ``cut`` what can never be replayed,
    ``summarised`` what was let go for want of room or for its age."""
    return db.rows(_q["counts"], {"vendor": vendor})


def summary(db: Database, *, vendor: str | None = None, reason: str | None = None,
            limit: int = 100) -> list[dict[str, Any]]:
    """What was let go, by vendor, reason and legal day of receipt, with one example each; the newest day first."""
    return db.rows(_q["summary"], {"vendor": vendor, "reason": reason, "limit": limit})


def shown(payload: bytes, longest: int = 120) -> str:
    """A payload for people: text where it is text, else hex; cut to ``longest`` characters."""
    try:
        text = payload.decode("utf-8")
        text = text if text.isprintable() else payload.hex(" ")
    except UnicodeDecodeError:
        text = payload[:longest].hex(" ")
    return text if len(text) <= longest else text[:longest - 1] + "…"


def _bound(connection: Connection, bounds: Bounds, slack: float) -> int:
    usage = {row["vendor_code"]: (row["rows"], row["size"]) for row in connection.execute(_q["usage"]).fetchall()}
    allowed = shares(usage, bounds)
    over = {vendor: used for vendor, used in usage.items()
            if any(have > most * (1 + slack) for have, most in zip(used, allowed[vendor], strict=True))}
    # One process at a time: two that take each other's rows away would wait for each other.
    if not over or not try_lock_for_transaction(connection, "quarantine trim"):
        return 0
    connection.execute(_q["fold_usage"])
    gone = 0
    for vendor, used in sorted(over.items()):
        rows, size = (have - most for have, most in zip(used, allowed[vendor], strict=True))
        while rows > 0 or size > 0:
            step = connection.execute(_q["trim_vendor"], {
                "vendor": vendor, "rows": rows, "size": size, "step": _STEP}).fetchone()
            if step is None or not step["rows"]:
                break
            gone, rows, size = gone + step["rows"], rows - step["rows"], size - step["size"]
    return gone


def _text(text: str) -> str:
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
