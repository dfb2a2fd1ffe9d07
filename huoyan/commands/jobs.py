"""Jobs by hand: ``huoyan run JOB`` gives the same as the clock."""

from __future__ import annotations

import datetime as dt

import click
import orjson
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from scheduler import JOBS, find, recent, run_once


@click.command()
@click.argument("job")
@click.option("--date", "day", type=Day(), default=None, help="The job's date; today (Asia/Shanghai) if left out.")
@click.option("--again", is_flag=True, help="Run a finished job once more; a draw and its freeze never are.")
def run(job: str, day: dt.date | None, again: bool) -> int:
    """Run JOB (rollup, findings, credit, score, retention, model, plan, freeze or draw) for its date, once."""
    now = dt.datetime.now(dt.UTC)
    chosen = find(job)
    with database(load_settings(), f"run-{chosen.name}") as db:
        outcome = run_once(db, chosen, day or legal_day(now), now, again=again)
    words = {"done": "done", "failed": f"failed: {outcome.error}", "skipped": "skipped",
             "elsewhere": "another process is running it now"}[outcome.status]
    if not outcome.fresh and outcome.status == "done":
        words = "was done before"
    click.echo(f"{chosen.name} {outcome.day}: {words}" + (f" in {outcome.seconds:.1f} s" if outcome.fresh else ""),
               err=outcome.status == "failed")
    if outcome.detail:
        click.echo(orjson.dumps(outcome.detail, option=orjson.OPT_INDENT_2, default=str).decode())
    return 2 if outcome.status in ("failed", "elsewhere") else 0


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
def jobs(limit: int) -> None:
    """List the latest runs of the jobs."""
    with database(load_settings(), "jobs") as db:
        rows = recent(db, limit)
    table = Table("job", "date", "status", "attempt", "began (UTC)", "took", "on", "error")
    for row in rows:
        took = f"{(row['finished_at'] - row['started_at']).total_seconds():.1f} s" if row["finished_at"] else ""
        table.add_row(row["job"], str(row["logical_date"]), row["status"], str(row["attempt"]),
                      f"{row['started_at']:%Y-%m-%d %H:%M:%S}", took, row["runner"], row["error"] or "")
    console = Console()
    console.print(table)
    console.print("jobs: " + ", ".join(f"{job.name} {job.zh}" for job in JOBS))


COMMANDS = (run, jobs)
