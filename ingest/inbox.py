"""Messages between the network thread and the storing thread: bounded, and never a wait for the network thread."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field

from ingest.messages import Message


@dataclass
class Inbox:
    """A queue with one writer and one reader. Each counter is changed by one thread only, so none needs a lock."""

    most_messages: int
    most_bytes: int
    _queue: queue.SimpleQueue[Message] = field(default_factory=queue.SimpleQueue)
    _bytes_in: int = 0
    _bytes_out: int = 0

    def put(self, message: Message) -> bool:
        """Take a message in; False where there is no room, and then it is not taken."""
        if self._queue.qsize() >= self.most_messages or self._bytes_in - self._bytes_out >= self.most_bytes:
            return False
        self._bytes_in += len(message.payload)
        self._queue.put(message)
        return True

    def get(self, timeout: float) -> Message | None:
        """The next message, or None when ``timeout`` seconds have passed."""
        try:
            message = self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None
        self._bytes_out += len(message.payload)
        return message

    def __len__(self) -> int:
        return self._queue.qsize()
