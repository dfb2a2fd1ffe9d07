"""Runs one process of Huoyan until it is told to stop, with its health page."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Protocol

import structlog

from huoyan.health import HealthServer

_log = structlog.get_logger(__name__)


class Service(Protocol):
    """What runs. ``stop`` is called from a signal handler; ``ready`` says whether the work can be done now."""

    def run(self) -> None: ...
    def stop(self) -> None: ...
    def ready(self) -> bool: ...


def run_service(name: str, service: Service, host: str, port: int) -> None:
    """Run ``service`` until SIGTERM or SIGINT; /healthz, /readyz and /metrics are served on ``port``."""
    def stop(number: int, frame: FrameType | None) -> None:
        _log.info("stopping", process=name, signal=signal.Signals(number).name)
        service.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with HealthServer(host, port, service.ready):
        _log.info("started", process=name, health=f"http://{host}:{port}/readyz")
        service.run()
    _log.info("stopped", process=name)
