"""Messages between the network thread and the thread that reads them: bounded, never a wait for the network thread."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field

from ingest.arrivals import Arrivals


@dataclass
class Inbox:
    """A queue with one writer and one reader. Each counter is changed by one thread only, so none needs a lock."""

    most_messages: int
    most_bytes: int
    _queue: queue.SimpleQueue[Arrivals] = field(default_factory=queue.SimpleQueue)
    _bytes_in: int = 0
    _bytes_out: int = 0
    _messages_in: int = 0
    _messages_out: int = 0

    def put(self, arrivals: Arrivals) -> bool:
        """Take arrivals in, all of them; False where there is no room, and then none is taken."""
        if len(self) >= self.most_messages or self._bytes_in - self._bytes_out >= self.most_bytes:
            return False
        self._bytes_in += arrivals.size
        self._messages_in += len(arrivals)
        self._queue.put(arrivals)
        return True

    def get(self, timeout: float) -> Arrivals | None:
        """The next arrivals, or None when ``timeout`` seconds have passed."""
        try:
            arrivals = self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None
        self._bytes_out += arrivals.size
        self._messages_out += len(arrivals)
        return arrivals

    def __len__(self) -> int:
        return self._messages_in - self._messages_out
