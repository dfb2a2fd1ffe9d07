"""The links at work: one TCP connection for each device, opened again whenever it is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from simulators.errors import SimulatorError
from simulators.links.device import TransmissionDevice, split

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 15.0
#: The listener may be a moment from being ready when the devices are; that it is not there at all is said.
_CONNECT_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.5


@dataclass
class Totals:
    """What a run came to."""

    sent: int = 0
    heard: int = 0
    links: int = 0

    def line(self) -> str:
        return f"{self.links} links opened, {self.sent} frames sent, {self.heard} heard"


class RunningLinks:
    """Keeps a link to ``host:port`` for each device until :meth:`stop` or the end of ``duration``."""

    def __init__(self, devices: Sequence[TransmissionDevice], host: str, port: int) -> None:
        if not devices:
            raise SimulatorError("there is no device to open a link for")
        self._devices, self._host, self._port = devices, host, port
        self._is_stopping = False
        self.totals = Totals()

    def stop(self) -> None:
        """Ask the run to end; safe in a signal handler."""
        self._is_stopping = True

    def run(self, duration: float | None = None) -> Totals:
        """Speak until stopped; SimulatorError where nobody listens at the start."""
        asyncio.run(self._run(duration))
        return self.totals

    async def _run(self, duration: float | None) -> None:
        await self._require_listener()
        links = [asyncio.create_task(self._keep(device)) for device in self._devices]
        end = time.monotonic() + (float("inf") if duration is None else duration)
        try:
            while not self._is_stopping and time.monotonic() < end:
                await asyncio.sleep(_LOOK_SECONDS)
                for link in links:
                    if link.done():
                        link.result()
        finally:
            for link in links:
                link.cancel()
            await asyncio.gather(*links, return_exceptions=True)

    async def _require_listener(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError) as error:
            raise SimulatorError(f"nobody listens on {self._host}:{self._port} over TCP: {error or 'no answer'}"
                                 ) from None
        await _close(writer)

    async def _keep(self, device: TransmissionDevice) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except OSError:
                device.due(time.time(), is_linked=False)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
                continue
            self.totals.links += 1
            wait = _FIRST_WAIT
            try:
                with suppress(OSError):
                    await self._talk(device, reader, writer)
            finally:
                await _close(writer)
            await asyncio.sleep(wait)

    async def _talk(self, device: TransmissionDevice, reader: asyncio.StreamReader,
                    writer: asyncio.StreamWriter) -> None:
        """Say and hear until the link is lost, or taken for dead."""
        self._write(writer, device.connected(time.time()))
        rest = b""
        while not device.gave_up:
            self._write(writer, device.due(time.time()))
            await writer.drain()
            try:
                # Not wait_for: until Python 3.12 it forgets that it was cancelled where bytes come at the same moment.
                async with asyncio.timeout(max(device.next_at - time.time(), 0.01)):
                    data = await reader.read(4096)
            except TimeoutError:
                continue
            if not data:
                return
            frames, rest = split(rest + data)
            for raw in frames:
                self.totals.heard += 1
                self._write(writer, device.hear(raw, time.time()))

    def _write(self, writer: asyncio.StreamWriter, frames: Sequence[bytes]) -> None:
        for raw in frames:
            writer.write(raw)
        self.totals.sent += len(frames)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
