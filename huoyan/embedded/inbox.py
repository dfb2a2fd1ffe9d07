"""The broker's inbox: messages that were promised to ingest, on disk until ingest has acknowledged them."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huoyan.embedded.errors import EmbeddedError

# One commit covers at most this many changes, gathered for at most so many seconds: a commit costs more than a message.
_GROUP = 2000
_LINGER = 0.004
# What ingest has acknowledged is forgotten with the next message that is kept, or after so many seconds.
_FORGET = 0.25

_SCHEMA = """
create table if not exists inbox (
    number   integer primary key autoincrement,
    topic    text not null,
    payload  blob not null
)
"""


class InboxFull(EmbeddedError):
    """The inbox holds as much as it may: the message must not be acknowledged."""


@dataclass(frozen=True)
class Kept:
    """One message of the inbox. ``number`` rises by one for each message ever kept, and is never used again."""

    number: int
    topic: str
    payload: bytes


@dataclass(frozen=True)
class _Task:
    work: Callable[[sqlite3.Connection], Any]
    answer: asyncio.Future[Any]
    writes: bool


class Inbox:
    """Messages in one SQLite file, written by one thread: many waiting changes share one commit, which is on disk
    before any of them is answered.

    ``limit`` bounds the bytes of payload and topic that may wait. Its methods belong to the event loop that made it.
    """

    def __init__(self, path: Path, limit: int = 1 << 30) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = limit
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._dropped: queue.SimpleQueue[int] = queue.SimpleQueue()
        try:
            # Made here, used by the one writing thread only.
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.execute("pragma journal_mode = wal")
            # full: the commit is on the disk, not only with the operating system.
            self._connection.execute("pragma synchronous = full")
            self._connection.execute(_SCHEMA)
            self.waiting, self.size, self.newest = self._connection.execute(
                "select count(*), coalesce(sum(length(payload) + length(cast(topic as blob))), 0), "
                "coalesce((select seq from sqlite_sequence where name = 'inbox'), 0) from inbox").fetchone()
        except sqlite3.Error as error:
            raise EmbeddedError(f"the broker's inbox {path} can't be used ({error}): move it away to start "
                                "an empty one, the messages in it are not delivered then") from None
        self._thread = threading.Thread(target=self._write, name="inbox", daemon=True)
        self._thread.start()

    async def keep(self, topic: str, payload: bytes) -> int:
        """Write one message to the disk and return its number: from here on it may be acknowledged."""
        size = len(payload) + len(topic.encode())
        if self.size + size > self._limit:
            raise InboxFull(f"{self.waiting} messages wait for ingest, as many as the broker's inbox may hold: "
                            "start ingest, or look why it does not store")
        self.waiting += 1
        self.size += size
        try:
            number: int = await self._ask(lambda connection: connection.execute(
                "insert into inbox (topic, payload) values (?, ?)", (topic, payload)).lastrowid, writes=True)
        except sqlite3.Error:
            self.waiting -= 1
            self.size -= size
            raise
        self.newest = max(self.newest, number)
        return number

    def drop(self, message: Kept) -> None:
        """Forget a message that ingest has acknowledged; not waited for, since delivering it again does no harm."""
        self.waiting -= 1
        self.size -= len(message.payload) + len(message.topic.encode())
        self._dropped.put(message.number)

    async def after(self, number: int, limit: int) -> list[Kept]:
        """The next ``limit`` messages after ``number``, in the order in which they were kept."""
        rows = await self._ask(lambda connection: connection.execute(
            "select number, topic, payload from inbox where number > ? order by number limit ?",
            (number, limit)).fetchall(),
            # Read from the start, what was dropped and not yet forgotten would come again.
            writes=number == 0)
        return [Kept(*row) for row in rows]

    def close(self) -> None:
        """Write what was given and end the thread."""
        self._tasks.put(None)
        self._thread.join()
        self._commit([])
        self._connection.close()

    async def _ask(self, work: Callable[[sqlite3.Connection], Any], *, writes: bool) -> Any:
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._tasks.put(_Task(work, answer, writes))
        return await answer

    def _write(self) -> None:
        going_on = True
        while going_on:
            try:
                task = self._tasks.get(timeout=_FORGET)
            except queue.Empty:
                self._commit([])
                continue
            if task is not None and task.writes:
                time.sleep(_LINGER)
            group: list[_Task] = []
            while task is not None:
                group.append(task)
                if len(group) >= _GROUP or self._tasks.empty():
                    break
                task = self._tasks.get()
            going_on = task is not None
            answers = self._commit(group)
            try:
                self._loop.call_soon_threadsafe(_deliver, answers)
            except RuntimeError:
                # The event loop is closed: nobody waits for an answer any more.
                return

    def _commit(self, group: list[_Task]) -> list[tuple[asyncio.Future[Any], Any]]:
        """Carry out a group of changes and questions; a group that only asks is no reason to touch the disk."""
        connection = self._connection
        dropped = []
        if not group or any(task.writes for task in group):
            while not self._dropped.empty():
                dropped.append((self._dropped.get(),))
        writes = bool(dropped) or any(task.writes for task in group)
        try:
            if writes:
                connection.execute("begin immediate")
                connection.executemany("delete from inbox where number = ?", dropped)
            answers = [(task.answer, task.work(connection)) for task in group]
            if writes:
                connection.execute("commit")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("rollback")
            for (number,) in dropped:
                self._dropped.put(number)
            # Nothing of the group is on the disk, so none of it may be acknowledged.
            return [(task.answer, error) for task in group]
        return answers


def _deliver(answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
