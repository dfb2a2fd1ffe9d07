"""What was refused: kept with its bytes, topic and reason, counted, and decoded again once the cause is mended."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from store import Database, Queries
from store.database import Connection

_q = Queries(__file__)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A refused payload. ``payload_bytes`` exceeds its length where only the start of it was kept.

    ``vendor_code`` is None unless the vendor is registered.
    """

    topic: str
    payload: bytes
    payload_bytes: int
    vendor_code: str | None
    reason_code: str
    reason: str
    received_at: dt.datetime

    @property
    def digest(self) -> bytes:
        head = f"{self.topic}\n{self.reason_code}\n{self.payload_bytes}\n".encode("utf-8", "replace")
        return hashlib.sha256(head + self.payload).digest()


@dataclass(frozen=True)
class Replay:
    """What a replay came to: ``tried`` = ``stored`` + ``refused`` again."""

    tried: int
    stored: int
    refused: int


def add(connection: Connection, refused: Iterable[Quarantined]) -> None:
    """Quarantine payloads in the caller's transaction."""
    chosen: dict[bytes, Quarantined] = {}
    times: dict[bytes, int] = {}
    for one in refused:
        key = one.digest
        chosen[key] = one
        times[key] = times.get(key, 0) + 1
    if not chosen:
        return
    rows = list(chosen.values())
    connection.execute(_q["add"], {
        "received": [row.received_at for row in rows], "topics": [_text(row.topic) for row in rows],
        "payloads": [row.payload for row in rows], "sizes": [row.payload_bytes for row in rows],
        "digests": list(chosen), "vendors": [row.vendor_code for row in rows],
        "codes": [row.reason_code for row in rows], "reasons": [_text(row.reason)[:1000] for row in rows],
        "times": list(times.values())})


def trim(connection: Connection, *, rows: int, size: int) -> int:
    """Drop the oldest payloads of each vendor beyond ``rows`` or ``size`` bytes; returns how many went."""
    return max(connection.execute(_q["trim"], {"rows": rows, "size": size}).rowcount, 0)


def newest(db: Database, *, vendor: str | None = None, reason: str | None = None, waiting: bool = False,
           limit: int = 100) -> list[dict[str, Any]]:
    """The newest quarantined payloads. ``waiting``: only those not yet replayed."""
    return db.rows(_q["newest"], {"vendor": vendor, "reason": reason, "waiting": waiting, "limit": limit})


def counts(db: Database, *, vendor: str | None = None) -> list[dict[str, Any]]:
    """Payloads by vendor and reason; ``times`` counts repetitions too."""
    return db.rows(_q["counts"], {"vendor": vendor})


def shown(payload: bytes, longest: int = 120) -> str:
    """A payload for people: text where it is text, else hex; cut to ``longest`` characters."""
    try:
        text = payload.decode("utf-8")
        text = text if text.isprintable() else payload.hex(" ")
    except UnicodeDecodeError:
        text = payload[:longest].hex(" ")
    return text if len(text) <= longest else text[:longest - 1] + "…"


def _text(text: str) -> str:
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
