"""Runs one process of Huoyan until it is told to stop, with its health page."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from types import FrameType
from typing import Protocol

import structlog

from huoyan.health import HealthServer
from store import Database, Pulse

_log = structlog.get_logger(__name__)


class Service(Protocol):
    """What runs. ``stop`` is called from a signal handler; ``ready`` says whether the work can be done now."""

    def run(self) -> None: ...
    def stop(self) -> None: ...
    def ready(self) -> bool: ...


def run_service(name: str, service: Service, host: str, port: int, *, db: Database | None = None) -> None:
    """Run ``service`` until SIGTERM or SIGINT; /healthz, /readyz and /metrics are served on ``port``.

    ``db`` is for one that tries to store without end: it is ready only while that database does its work too.
    """
    def stop(number: int, frame: FrameType | None) -> None:
        _log.info("stopping", process=name, signal=signal.Signals(number).name)
        service.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with ExitStack() as stack:
        pulse = None if db is None else stack.enter_context(Pulse(db, f"huoyan-{name}"))
        stack.enter_context(HealthServer(host, port, lambda: service.ready() and (pulse is None or pulse.is_well())))
        _log.info("started", process=name, health=f"http://{host}:{port}/readyz")
        service.run()
    _log.info("stopped", process=name)
