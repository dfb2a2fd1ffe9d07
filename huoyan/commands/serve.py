"""The process that serves the pages and the REST interface. It stops cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click
import uvicorn

from api.app import create_app
from api.options import ApiOptions
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings


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


COMMANDS = (api,)
