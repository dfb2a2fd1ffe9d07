"""The process that runs the jobs. It stops cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import click

from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from huoyan.running import run_service
from scheduler import SchedulerService


@click.command()
def scheduler() -> None:
    """Run each job at its hour, once for its date, and catch up on what was missed."""
    loaded = load_settings()
    with database(loaded, "scheduler") as db:
        run_service("scheduler", SchedulerService(db), loaded.metrics_host, loaded.scheduler_metrics_port)


COMMANDS = (scheduler,)
