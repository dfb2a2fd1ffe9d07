"""Which telemetry of a batch is more than its vendor may send: that goes to quarantine, bytes and all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.arrivals import Arrivals
from ingest.block import Block
from ingest.limits import LIMITED_FORM, REASON_CODE, RateLimiter
from ingest.packets import PERHAPS_REPEATED
from ingest.topics import Topic, parse_topic
from registry.vendor_limits import VendorLimits

Place = tuple[int, int]


def over_limits(batch: Sequence[Arrivals], block: Block, limits: Mapping[str, VendorLimits], limiter: RateLimiter,
                now: float) -> dict[Place, tuple[str, str]]:
    """The places of the messages that exceed a limit, with code and reason; ``now`` in seconds of a steady clock.

    A vendor whose clean messages fit together is looked at once. What may have been delivered before is not asked
    about: it was let in, or put aside, then.
    """
    found: dict[Place, tuple[str, str]] = {}
    tight = {count.vendor_code for count in block.vendors
             # A vendor without limits was suspended a moment ago, while this batch was on its way.
             if (own := limits.get(count.vendor_code))
             and (own.refuses_size(count.largest)
                  or not limiter.admit_all(count.vendor_code, count.messages, count.bytes, own, now))}
    odd = set(block.odd)
    places = ([(which, at) for which, arrivals in enumerate(batch) for at in range(len(arrivals))] if tight
              else block.odd)
    for place in places:
        arrivals, at = batch[place[0]], place[1]
        vendor = _vendor(arrivals.topics[at])
        if (vendor not in limits or arrivals.heads[at] & PERHAPS_REPEATED
                or not (place in odd or vendor in tight)):
            continue
        size = arrivals.sizes.get(at, len(arrivals.payloads[at]))
        too_large = limits[vendor].refuses_size(size)
        reason = too_large or limiter.admit(vendor, size, limits[vendor], now)
        if reason:
            found[place] = "too_large" if too_large else REASON_CODE, reason
    return found


def _vendor(topic: bytes) -> str:
    try:
        parsed = parse_topic(topic.decode("utf-8"))
    except UnicodeDecodeError:
        return ""
    return parsed.vendor_code if isinstance(parsed, Topic) and parsed.form == LIMITED_FORM else ""
