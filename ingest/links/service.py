"""The listener process: TCP and UDP in one event loop, storing and bookkeeping each in a thread of their own."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import resource
import secrets
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import psycopg
import structlog
from prometheus_client import REGISTRY

from ingest.errors import IngestError
from ingest.links import register
from ingest.links.clerk import Clerk, Gathered
from ingest.links.datagrams import Datagrams
from ingest.links.exchanges import Exchanges, Order
from ingest.links.identity import Directory
from ingest.links.intake import Entry, Intake, Lane
from ingest.links.metrics import LinkMetrics
from ingest.links.options import ListenOptions
from ingest.links.peer import Link, Peer
from ingest.links.reception import Reception
from ingest.storing import BatchStore
from ingest.vocabulary import vocabulary
from ingest.writer import Writer
from policy import RuleBook, rules
from policy.clocks import legal_day
from store import Database, HuoyanError

_log = structlog.get_logger(__name__)
_BACKLOG: Final = 4096
#: Files that the process needs beside its links.
_OTHER_FILES: Final = 100
#: The storing thread computes; after each system call the thread of the links waits this long to have the
#: interpreter again. The default of 5 ms would hold it to some hundred frames a second while a batch is decoded.
_SWITCH_SECONDS: Final = 0.0005
_SWEEP_SECONDS: Final = 0.5
#: While one lane waits for the disk another computes.
_LANES: Final = 2
_SILENT_EVERY: Final = 1.0


class ListenService:
    """Runs until it is stopped. Several may run on one port, or on several machines: the database joins them."""

    def __init__(self, db: Database, options: ListenOptions, book: RuleBook | None = None) -> None:
        self._options, self._book = options, book or rules()
        day = legal_day(dt.datetime.now(dt.UTC))
        words = vocabulary(self._book, day)
        self.metrics = LinkMetrics()
        self.listener = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._exchanges = Exchanges(self._way, self._tag, time.monotonic,
                                    seconds=float(self._book.value("gbt26875.confirm_seconds", day)),
                                    resends=self._book.value("gbt26875.resends", day))
        self._reception = Reception(options, self.metrics, self._exchanges, self._call_soon)
        self._reception.resend_window = words.resend_window.total_seconds()
        clock = self._book.value("gbt26875.clock", day)
        self._reception.drift_limit = float(clock["drift_seconds"]) if clock["automatic"] else None
        self._reception.settle_seconds = float(clock["settle_seconds"])
        lanes = [Lane(db, BatchStore(Writer(db, self._book)), self.metrics, f"{self.listener}/{number}",
                      batch=options.batch, linger=options.linger_ms / 1000, stored=self._stored)
                 for number in range(_LANES)]
        self._intake = self._reception.intake = Intake(lanes, most=options.waiting, most_bytes=options.waiting_bytes)
        self._db = db
        self._loop: asyncio.AbstractEventLoop | None = None
        self._servers: list[asyncio.Server] = []
        self._datagrams: Datagrams | None = None
        self._clerk: Clerk | None = None
        self._stop = False
        self._stopped: asyncio.Event | None = None
        self.tcp_port = self.udp_port = 0
        self.metrics.queue.set_function(lambda: len(self._intake))
        self.metrics.links.set_function(lambda: len(self._reception.links))
        self.metrics.udp_peers.set_function(lambda: len(self._datagrams or ()))

    def ready(self) -> bool:
        """Whether devices can connect and what they send is stored."""
        return (self._loop is not None and self._clerk is not None and self._clerk.is_well
                and self._intake.is_storing_well and not self._stop)

    def stop(self) -> None:
        """Ask :meth:`run` to end; safe from a signal handler and from any thread."""
        self._stop = True
        if self._stopped is not None:
            self._call_soon(self._stopped.set)

    def run(self) -> None:
        """Take frames in until :meth:`stop`. :class:`IngestError` where a port can't be had."""
        REGISTRY.register(self.metrics.registry)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        try:
            asyncio.run(self._serve())
        finally:
            sys.setswitchinterval(interval)
            REGISTRY.unregister(self.metrics.registry)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._note_failure)
        most = _room_for(self._options.links)
        if most < self._options.links:
            _log.warning("the system allows fewer open files than links are wanted: raise the limit of open files "
                         "(ulimit -n, or nofile of the container)", links=most)
        try:
            await self._know_devices(loop)
            if self._stop:
                return
            await self._open(loop)
            self._intake.start()
            self._clerk = clerk = Clerk(
                self._db, self._book, BatchStore(Writer(self._db, self._book)), self._exchanges, self.listener,
                tcp_port=self.tcp_port, udp_port=self.udp_port,
                take_directory=lambda directory: self._call_soon(self._take_directory, directory),
                begin=lambda order: self._call_soon(self._begin, order), reaches=self._reaches)
            clerk.start()
            self._stopped, self._loop = asyncio.Event(), loop
            _log.info("listening", tcp=self.tcp_port, udp=self.udp_port, listener=self.listener)
            silent_at = 0.0
            while not self._stop:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_SWEEP_SECONDS):
                        await self._stopped.wait()
                now = time.monotonic()
                self._sweep(now)
                if now >= silent_at:
                    silent_at = now + _SILENT_EVERY
                    self._reception.close_silent(now)
            await self._end(loop)
        finally:
            for server in self._servers:
                server.close()
            if self._datagrams is not None:
                self._datagrams.close()
            self._loop = None

    async def _know_devices(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read the register before any port is open: a frame of a registered device must not pass for a stranger's."""
        is_told = False
        while not self._stop:
            words = vocabulary(self._book, legal_day(dt.datetime.now(dt.UTC)))
            try:
                self._reception.directory = await loop.run_in_executor(None, register.directory, self._db, words.gbt)
                return
            except (psycopg.Error, HuoyanError) as error:
                if not is_told:
                    _log.warning("the register can't be read, so no port is open yet",
                                 reason=" ".join(str(error).split())[:200])
                    is_told = True
                await asyncio.sleep(0.5)

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        options = self._options
        if options.tcp_port:
            try:
                server = await loop.create_server(
                    lambda: Link(self._reception, self.tcp_port), options.host, max(options.tcp_port, 0),
                    backlog=_BACKLOG, reuse_port=options.tcp_port > 0)
            except OSError as error:
                raise IngestError(f"TCP port {options.tcp_port} on {options.host} can't be used: "
                                  f"{error.strerror}") from None
            self._servers.append(server)
            self.tcp_port = server.sockets[0].getsockname()[1]
        if options.udp_port:
            self._datagrams = Datagrams(self._reception, options.host, options.udp_port)
            self.udp_port = self._datagrams.port
            self._datagrams.start(loop)

    async def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take nothing more in, store and confirm what is here, then close the links."""
        self._reception.is_stopping = True
        for server in self._servers:
            server.close()
        if self._datagrams is not None:
            self._datagrams.rest()
        for link in self._reception.links:
            link.pause()
        await loop.run_in_executor(None, self._intake.stop)
        await asyncio.sleep(0)  # the confirms of the last batch
        for link in list(self._reception.links):
            link.close("stopping")
        await asyncio.sleep(0.05)
        if self._clerk is not None:
            await loop.run_in_executor(None, self._clerk.stop)

    # In the thread of the loop -------------------------------------------------------------------------------------

    def _sweep(self, now: float) -> None:
        reception = self._reception
        reception.sweep(now)
        if self._datagrams is not None:
            self._datagrams.sweep(now)
        self._exchanges.sweep(now, dt.datetime.now(dt.UTC))
        clerk = self._clerk
        if clerk is not None:
            if reception.answered_duty:
                reception.answered_duty = False
                clerk.hurry()
            if clerk.is_hungry:
                clerk.give(Gathered(reception.changed, reception.gone, reception.heard_silently, reception.drifting,
                                    len(reception.links)))
                for peer in reception.changed.values():
                    peer.is_told = True
                reception.changed, reception.gone, reception.heard_silently, reception.drifting = {}, [], {}, {}

    def _take_directory(self, directory: Directory) -> None:
        self._reception.directory = directory

    def _begin(self, order: Order) -> None:
        if not self._exchanges.begin(order, dt.datetime.now(dt.UTC)) and self._clerk is not None:
            self._clerk.could_not_begin(order)

    def _way(self, device_id: int) -> Peer | None:
        peer = self._reception.by_device.get(device_id)
        return peer if peer is not None and peer.is_open and not peer.is_ended else None

    def _tag(self) -> bytes:
        return self._reception.tag()

    # From other threads --------------------------------------------------------------------------------------------

    def _reaches(self, device_id: int) -> bool:
        return self._way(device_id) is not None

    def _stored(self, entries: Sequence[Entry]) -> None:
        self._reception.stored(entries)

    def _call_soon(self, call: Any, *arguments: Any) -> None:
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(call, *arguments)
            except RuntimeError:
                _log.debug("the loop has ended")

    def _note_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What asyncio could not hand to anyone: a mistake of one link must not stop the others, nor fill the log."""
        error = context.get("exception")
        if isinstance(error, OSError):
            self.metrics.closed.labels("network").inc()
            return
        now = time.monotonic()
        if now - getattr(self, "_failure_told", -60.0) >= 60.0:
            self._failure_told = now
            _log.error("a link failed", reason=f"{context.get('message')}: {error!r}"[:400])


def _room_for(links: int) -> int:
    """Raise the limit of open files as far as it goes; how many links fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = links + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        for limit in ((wanted, max(hard, wanted)), (min(hard, wanted) if hard >= 0 else wanted, hard)):
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, limit)
                break
            except (ValueError, OSError):
                continue
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return links if soft == resource.RLIM_INFINITY else min(links, soft - _OTHER_FILES)
