"""The process that devices with GB/T 26875.3 connect to."""

from __future__ import annotations

import click

from huoyan.commands.session import DEAD_AFTER, STORING_PATIENCE, database
from huoyan.commands.session import settings as load_settings
from huoyan.running import run_service
from ingest.links import ListenOptions, ListenService


@click.command()
def listen() -> None:
    """Take in what devices send as GB/T 26875.3 over TCP and UDP, and send what the centre asks of them."""
    loaded = load_settings()
    options = ListenOptions(
        host=loaded.listen_host, tcp_port=loaded.listen_tcp_port, udp_port=loaded.listen_udp_port,
        links=loaded.listen_links, peer_links=loaded.listen_peer_links, idle_seconds=loaded.listen_idle_seconds,
        batch=loaded.listen_batch, deny=loaded.listen_deny)
    with database(loaded, "listener", STORING_PATIENCE, DEAD_AFTER) as db:
        run_service("listener", ListenService(db, options), loaded.metrics_host, loaded.listen_metrics_port, db=db)


COMMANDS = (listen,)
