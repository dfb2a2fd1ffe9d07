"""The processes: ingest, scheduler, api. Each stops cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

import click
import structlog
import uvicorn

from api.app import ApiOptions, create_app
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from huoyan.health import HealthServer
from ingest.service import IngestOptions, IngestService
from scheduler import SchedulerService

_log = structlog.get_logger(__name__)


class _Service(Protocol):
    def run(self) -> None: ...
    def stop(self) -> None: ...
    def ready(self) -> bool: ...


def _run(name: str, service: _Service, host: str, port: int) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        _log.info("stopping", process=name, signal=signal.Signals(number).name)
        service.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with HealthServer(host, port, service.ready):
        _log.info("started", process=name, health=f"http://{host}:{port}/readyz")
        service.run()
    _log.info("stopped", process=name)


class _Server(uvicorn.Server):
    """uvicorn, except that a stop asked for by a signal is a good end: it would raise the signal again afterwards."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


@click.command()
def ingest() -> None:
    """Take in what devices publish: decode, store, then acknowledge."""
    loaded = load_settings()
    options = IngestOptions(
        host=loaded.mqtt_host, port=loaded.mqtt_port, user=loaded.mqtt_user, password=loaded.mqtt_password,
        tls_ca=loaded.mqtt_tls_ca, protocol=loaded.mqtt_protocol, client_id=loaded.mqtt_client_id,
        batch=loaded.ingest_batch, linger_ms=loaded.ingest_linger_ms,
        receive_maximum=loaded.ingest_receive_maximum, max_payload=loaded.ingest_max_payload)
    with database(loaded, "ingest") as db:
        _run("ingest", IngestService(db, options), loaded.metrics_host, loaded.ingest_metrics_port)


@click.command()
def scheduler() -> None:
    """Run each job at its hour, once for its date, and catch up on what was missed."""
    loaded = load_settings()
    with database(loaded, "scheduler") as db:
        _run("scheduler", SchedulerService(db), loaded.metrics_host, loaded.scheduler_metrics_port)


@click.command()
def api() -> None:
    """Serve the pages and the REST interface."""
    loaded = load_settings()
    with database(loaded, "api") as db:
        app = create_app(db, ApiOptions(secure_cookies=loaded.api_secure_cookies))
        server = _Server(uvicorn.Config(app, host=loaded.api_host, port=loaded.api_port, log_config=None,
                                        access_log=False, timeout_graceful_shutdown=10, server_header=False))
        server.run()
        if not server.started:
            raise click.ClickException(f"port {loaded.api_port} on {loaded.api_host} can't be used: see the log above")


COMMANDS = (ingest, scheduler, api)
