"""When a batch is ready to be stored. Pure: the time is passed in, in seconds of any steady clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.arrivals import Arrivals

#: A burst has ended when nothing came for this share of the linger. Waiting on would only hold back the
#: acknowledgements that a broker with a small window needs before it sends more.
_QUIET_SHARE = 0.1


@dataclass
class Batcher:
    """Gathers arrivals: due with ``most_messages``, ``most_bytes``, or when the first has waited ``linger`` seconds."""

    most_messages: int
    linger: float
    most_bytes: int = 4_000_000
    _arrivals: list[Arrivals] = field(default_factory=list)
    _messages: int = 0
    _bytes: int = 0
    _first: float = 0.0
    _newest: float = 0.0

    def add(self, arrivals: Arrivals, now: float) -> None:
        if not self._arrivals:
            self._first = now
        self._newest = now
        self._arrivals.append(arrivals)
        self._messages += len(arrivals)
        self._bytes += arrivals.size

    def __len__(self) -> int:
        return self._messages

    @property
    def is_full(self) -> bool:
        return self._messages >= self.most_messages or self._bytes >= self.most_bytes

    def due_in(self, now: float) -> float | None:
        """Seconds until the batch is due, 0 when it is, None while there is nothing in it."""
        if not self._arrivals:
            return None
        if self.is_full:
            return 0.0
        due = min(self._first + self.linger, self._newest + self.linger * _QUIET_SHARE)
        return max(due - now, 0.0)

    def take(self) -> list[Arrivals]:
        """The batch, in order of arrival; what comes next begins a new one."""
        taken, self._arrivals, self._messages, self._bytes = self._arrivals, [], 0, 0
        return taken
