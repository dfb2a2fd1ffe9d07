"""The processes: ingest, scheduler, api. Each stops cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click
import structlog
import uvicorn

from api.app import ApiOptions, create_app
from huoyan.commands.session import DEAD_AFTER, STORING_PATIENCE, database
from huoyan.commands.session import settings as load_settings
from huoyan.running import run_service
from ingest.service import IngestOptions, IngestService
from scheduler import SchedulerService

_log = structlog.get_logger(__name__)
_SHORTEST_SHARE = 16


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
    if 0 < len(loaded.mqtt_share) < _SHORTEST_SHARE:
        # Mosquitto's access list says who may read, not who may subscribe: what it deals to a stranger is lost.
        _log.warning("the name in HUOYAN_MQTT_SHARE may be guessed: with Mosquitto, who subscribes under it takes "
                     "messages away; choose one of 16 random letters or more")
    options = IngestOptions(
        host=loaded.mqtt_host, port=loaded.mqtt_port, user=loaded.mqtt_user, password=loaded.mqtt_password,
        tls_ca=loaded.mqtt_tls_ca, protocol=loaded.mqtt_protocol, client_id=loaded.mqtt_client_id,
        share=loaded.mqtt_share, tls_cert=loaded.mqtt_tls_cert, tls_key=loaded.mqtt_tls_key,
        batch=loaded.ingest_batch, linger_ms=loaded.ingest_linger_ms,
        receive_maximum=loaded.ingest_receive_maximum, max_payload=loaded.ingest_max_payload,
        alarms_apart=loaded.ingest_alarms_apart)
    with database(loaded, "ingest", STORING_PATIENCE, DEAD_AFTER) as db:
        run_service("ingest", IngestService(db, options), loaded.metrics_host, loaded.ingest_metrics_port, db=db)


@click.command()
def scheduler() -> None:
    """Run each job at its hour, once for its date, and catch up on what was missed."""
    loaded = load_settings()
    with database(loaded, "scheduler") as db:
        run_service("scheduler", SchedulerService(db), loaded.metrics_host, loaded.scheduler_metrics_port)


@click.command()
def api() -> None:
    """Serve the pages and the REST interface."""
    loaded = load_settings()
    with database(loaded, "api") as db:
        app = create_app(db, ApiOptions(secure_cookies=loaded.api_secure_cookies, max_payload=loaded.ingest_max_payload,
                                        broker_address=loaded.broker_address))
        server = _Server(uvicorn.Config(app, host=loaded.api_host, port=loaded.api_port, log_config=None,
                                        access_log=False, timeout_graceful_shutdown=10, server_header=False))
        server.run()
        if not server.started:
            raise click.ClickException(f"port {loaded.api_port} on {loaded.api_host} can't be used: see the log above")


COMMANDS = (ingest, scheduler, api)
