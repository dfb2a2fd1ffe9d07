"""How much of a vendor's telemetry is taken in at once: a bucket of tokens for messages and one for bytes.

Pure: time is passed in, in seconds of a clock that does not run backwards. What does not fit goes to quarantine with
the reason ``rate_limit`` and its bytes, so that it can be replayed; nothing is dropped here. Alarms, events and GB/T
frames are never asked about: a fire is not put aside for what else its vendor sends.

Each ingest process counts for itself: n processes that share a subscription let n times the limit through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from registry.vendor_limits import VendorLimits

REASON_CODE: Final = "rate_limit"
#: The only form that has a limit.
LIMITED_FORM: Final = "telemetry"
#: What the broker kept during a pause may take this long to come in, or as long as the pause was.
_LEAST_DRAIN: Final = 3600.0


@dataclass(slots=True)
class _Bucket:
    """What a vendor may still send: of its burst, and of what the broker kept for us (``kept_``, until a moment)."""

    messages: float
    bytes: float
    at: float
    pauses: int
    kept_messages: float = 0.0
    kept_bytes: float = 0.0
    kept_until: float = 0.0


class RateLimiter:
    """Buckets of all vendors of one process. A bucket starts full."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._pauses = 0
        self._pause = 0.0
        self._kept_until = 0.0

    def admit(self, vendor: str, size: int, limits: VendorLimits, now: float) -> str | None:
        """Take one message of ``size`` bytes; the reason where it does not fit, and then nothing is taken."""
        if self.admit_all(vendor, 1, size, limits, now):
            return None
        bucket = self._buckets[vendor]
        if bucket.messages + bucket.kept_messages < 1:
            what, rate, burst = "messages", limits.messages_per_second, limits.message_burst
        else:
            what, rate, burst = "bytes", limits.bytes_per_second, limits.byte_burst
        return (f"{vendor} sends more than {rate:,.10g} {what} a second and has used up its burst of {burst:,.10g}: "
                "slow down, or ask the operator for a higher limit")

    def admit_all(self, vendor: str, messages: int, size: int, limits: VendorLimits, now: float) -> bool:
        """Take ``messages`` with ``size`` bytes together, all or none: one look for a whole batch of a vendor."""
        bucket = self._filled(vendor, limits, now)
        # A single message larger than the whole burst would else never get in: it takes a full bucket.
        cost = min(float(size), limits.byte_burst) if messages == 1 else float(size)
        if bucket.messages + bucket.kept_messages < messages or bucket.bytes + bucket.kept_bytes < cost:
            return False
        # What the broker kept goes first: it is what comes now, and it is gone after a while.
        from_kept = min(bucket.kept_messages, messages)
        bucket.kept_messages -= from_kept
        bucket.messages -= messages - from_kept
        from_kept = min(bucket.kept_bytes, cost)
        bucket.kept_bytes -= from_kept
        bucket.bytes -= cost - from_kept
        return True

    def credit(self, seconds: float, now: float) -> None:
        """Nothing was read for ``seconds`` until ``now``: let every vendor send beside its burst what it could have.

        While the database or ingest is away the broker keeps the messages and they then come all at once, which is our
        doing and not the vendor's. At the start of a process: the time since the newest message was stored.
        """
        if seconds <= 0:
            return
        self._pauses += 1
        self._pause = seconds
        self._kept_until = now + max(seconds, _LEAST_DRAIN)

    def _filled(self, vendor: str, limits: VendorLimits, now: float) -> _Bucket:
        bucket = self._buckets.get(vendor)
        if bucket is None:
            bucket = self._buckets[vendor] = _Bucket(limits.message_burst, limits.byte_burst, now, 0)
        passed = max(now - bucket.at, 0.0)
        bucket.at = max(now, bucket.at)
        bucket.messages = min(bucket.messages + passed * limits.messages_per_second, limits.message_burst)
        bucket.bytes = min(bucket.bytes + passed * limits.bytes_per_second, limits.byte_burst)
        if now > bucket.kept_until:
            bucket.kept_messages = bucket.kept_bytes = 0.0
        if bucket.pauses != self._pauses:
            bucket.pauses = self._pauses
            if now <= self._kept_until:
                bucket.kept_until = self._kept_until
                bucket.kept_messages += self._pause * limits.messages_per_second
                bucket.kept_bytes += self._pause * limits.bytes_per_second
        return bucket
