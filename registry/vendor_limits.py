"""How much telemetry a vendor may send: its own limits, and policy's where it has none.

Alarms, events and GB/T frames have no limit: a fire is never put aside for what else its vendor sends.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from policy import RuleBook
from registry import audit
from registry.errors import RecordMissing, RegistryError
from store import Queries
from store.database import Connection

_queries = Queries(__file__)
FIELDS = ("messages_per_second", "message_burst", "bytes_per_second", "byte_burst", "payload_bytes")
_LEAST = {"messages_per_second": 0.001, "message_burst": 1, "bytes_per_second": 1, "byte_burst": 64,
          "payload_bytes": 64}
_MOST = 1e12
_MOST_PAYLOAD = 268_435_455  # no MQTT packet is longer


@dataclass(frozen=True, slots=True)
class VendorLimits:
    """Rates hold for long, bursts after a pause. ``payload_bytes`` is None where only the limit of ingest holds."""

    messages_per_second: float
    message_burst: float
    bytes_per_second: float
    byte_burst: float
    payload_bytes: int | None = None

    def refuses_size(self, size: int) -> str | None:
        """Why a telemetry payload of ``size`` bytes is too large for this vendor, or None."""
        if self.payload_bytes is None or size <= self.payload_bytes:
            return None
        return f"the payload has {size} bytes; {self.payload_bytes} are allowed to this vendor: send smaller messages"


def of_policy(book: RuleBook, day: dt.date) -> VendorLimits:
    """The limits of a vendor that has none of its own."""
    per_second, burst, bytes_per_second, byte_burst = (float(book.value(f"vendors.{name}", day)) for name in FIELDS[:4])
    return VendorLimits(per_second, burst, bytes_per_second, byte_burst)


def of_row(row: Mapping[str, Any], usual: VendorLimits) -> VendorLimits:
    """A vendor's limits from its row of ``vendors``; an empty field has the ``usual`` value."""
    return VendorLimits(**{name: getattr(usual, name) if row[name] is None else row[name] for name in FIELDS})


def get(connection: Connection, code: str, usual: VendorLimits) -> VendorLimits:
    """The limits that hold for one vendor."""
    row = connection.execute(_queries["limits"], {"code": code}).fetchone()
    if row is None:
        raise RecordMissing(f"there is no vendor {code[:40]}", zh=f"没有厂家 {code[:40]}")
    return of_row(row, usual)


def own(connection: Connection, code: str) -> dict[str, float | None]:
    """What a vendor has of its own; None where policy's limit holds."""
    row = connection.execute(_queries["limits"], {"code": code}).fetchone()
    if row is None:
        raise RecordMissing(f"there is no vendor {code[:40]}", zh=f"没有厂家 {code[:40]}")
    return {name: row[name] for name in FIELDS}


def change(connection: Connection, code: str, changes: Mapping[str, float | None], usual: VendorLimits, *,
           actor: str) -> VendorLimits:
    """Set some of a vendor's own limits, None to go back to policy's; ingest goes by them within seconds."""
    before = connection.execute(_queries["lock"], {"code": code}).fetchone()
    if before is None:
        raise RecordMissing(f"there is no vendor {code[:40]}", zh=f"没有厂家 {code[:40]}")
    after = {**before, **{name: _checked(name, value) for name, value in changes.items()}}
    limits = of_row(after, usual)
    if limits.payload_bytes is not None and limits.payload_bytes > limits.byte_burst:
        raise RegistryError(f"the largest payload, {limits.payload_bytes:,} bytes, would never fit into the burst of "
                            f"{limits.byte_burst:,.0f} bytes", zh="单条消息上限不能大于突发字节上限")
    connection.execute(_queries["change"], {"code": code, **after})
    if after != before:
        audit.record(connection, actor, "set limits", "vendor", code, before, after)
    return limits


def shown(limits: VendorLimits) -> dict[str, float | int | None]:
    """The limits as an answer of the API has them."""
    return asdict(limits)


def _checked(name: str, value: float | None) -> float | int | None:
    if name not in FIELDS:
        raise RegistryError(f"there is no limit {name[:40]}: the limits are {', '.join(FIELDS)}")
    if value is None:
        return None
    most = _MOST_PAYLOAD if name == "payload_bytes" else _MOST
    if not math.isfinite(value) or not _LEAST[name] <= value <= most:
        raise RegistryError(f"{name} must be between {_LEAST[name]:g} and {most:g}",
                            zh=f"{name} 应在 {_LEAST[name]:g} 至 {most:g} 之间")
    return int(value) if name == "payload_bytes" else float(value)
