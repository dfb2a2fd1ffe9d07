"""How many a minute, for each and for all. Pure: the time is passed in, in seconds of any steady clock."""

from __future__ import annotations

from typing import Final

_MOST_NAMES: Final = 10_000


class Throttle:
    """Token buckets: ``each`` a minute for one name, ``everyone`` for all of them, and as many at once."""

    def __init__(self, each: int, everyone: int) -> None:
        self._each, self._everyone = each, everyone
        self._buckets: dict[str, tuple[float, float]] = {}
        self._all = (float(everyone), 0.0)

    def allow(self, name: str, now: float) -> bool:
        """Whether one more may pass now."""
        mine = _filled(self._buckets.get(name, (float(self._each), now)), self._each, now)
        whole = _filled(self._all, self._everyone, now)
        if mine < 1 or whole < 1:
            return False
        if name not in self._buckets and len(self._buckets) >= _MOST_NAMES:
            self._buckets.clear()  # the bucket of all still holds
        self._buckets[name], self._all = (mine - 1, now), (whole - 1, now)
        return True

    def forget(self, now: float) -> None:
        """Drop the names whose bucket is full again."""
        full = [name for name, bucket in self._buckets.items() if _filled(bucket, self._each, now) >= self._each]
        for name in full:
            del self._buckets[name]


def _filled(bucket: tuple[float, float], most: int, now: float) -> float:
    left, since = bucket
    return min(left + max(now - since, 0.0) * most / 60, float(most))
