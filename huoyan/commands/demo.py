"""``huoyan demo``: the main job, end to end, on this machine."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import click
import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from huoyan import logs
from huoyan.embedded.demo import LOGINS, PASSWORD, Demo, DemoOptions, only_one
from huoyan.embedded.demo import reset as forget
from huoyan.embedded.folders import demo_home
from huoyan.embedded.report import draw_table, ranking_table, ratio_table
from huoyan.embedded.supervisor import Supervisor
from store import Database


@click.command()
@click.option("--reset", is_flag=True, help="Start over: forget the data of the demo.")
@click.option("--units", type=click.IntRange(50, 50_000), default=2000, show_default=True, help="Units.")
@click.option("--devices", type=click.IntRange(50, 150_000), default=6000, show_default=True, help="Devices.")
@click.option("--days", type=click.IntRange(30, 1100), default=365, show_default=True, help="Days of history.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=7, show_default=True, help="Which district.")
@click.option("--rate", type=click.FloatRange(0.1, 1000), default=20.0, show_default=True,
              help="Live messages a second.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port of the pages.")
@click.option("--mqtt-port", type=click.IntRange(1, 65535), default=1883, show_default=True, help="Port of the broker.")
@click.option("--database-port", type=click.IntRange(1, 65535), default=55432, show_default=True,
              help="Port of PostgreSQL.")
@click.option("--ingest-metrics-port", type=click.IntRange(1, 65535), default=9101, show_default=True,
              help="Port of ingest's health page.")
@click.option("--scheduler-metrics-port", type=click.IntRange(1, 65535), default=9102, show_default=True,
              help="Port of the scheduler's health page.")
@click.option("--listen-port", type=click.IntRange(1, 65535), default=26875, show_default=True,
              help="Port of GB/T 26875.3 over TCP.")
@click.option("--listen-metrics-port", type=click.IntRange(1, 65535), default=9103, show_default=True,
              help="Port of the listener's health page.")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Folder of the demo's data.")
@click.option("--once", is_flag=True, help="Stop after the report instead of running on.")
def demo(reset: bool, units: int, devices: int, days: int, seed: int, rate: float, port: int, mqtt_port: int,
         database_port: int, ingest_metrics_port: int, scheduler_metrics_port: int, listen_port: int,
         listen_metrics_port: int, home: Path | None, once: bool) -> int:
    """Run the whole line on this machine: database, broker, devices, ingest, links, scores, draw, pages."""
    console = Console(highlight=False)
    # The processes write logs of their own; this terminal is for the person.
    logs.configure("console", "warning")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    folder = (home or demo_home()).absolute()
    options = DemoOptions(folder, units, devices, days, seed, rate, port, mqtt_port, database_port,
                          ingest_metrics_port, scheduler_metrics_port, listen_port, listen_metrics_port)

    def say(line: str) -> None:
        console.print(f"[dim]{dt.datetime.now().astimezone():%H:%M:%S}[/dim] {line}")

    began = time.monotonic()
    with only_one(folder):
        if reset:
            forget(folder)
        with Supervisor(say) as supervisor:
            stack = Demo(options, supervisor)
            stack.check_ports()
            say("PostgreSQL 启动 starting")
            stack.start_database()
            with Database(stack.dsn, name="huoyan-demo", max_size=6) as db:
                _fill(stack, db, console)
                stack.make_logins(db)
                say("消息服务、采集、装置接入、调度、页面 broker, ingest, listener, scheduler, pages starting")
                stack.start_broker()
                stack.start_processes()
                stack.start_fleet()
                _report(stack, db, console)
            console.print(_farewell(options, supervisor, time.monotonic() - began))
            if once:
                return 0
            supervisor.wait()
            say("stopped; huoyan demo goes on with the same data")
    return 0


def _fill(stack: Demo, db: Database, console: Console) -> None:
    """Load the district and run the night's jobs under one bar that moves."""
    now = dt.datetime.now(dt.UTC)
    columns = (TextColumn("{task.description:<28}"), BarColumn(bar_width=40), TextColumn("{task.percentage:>3.0f} %"),
               TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("district 示范区", total=1.0)
        rows = stack.load(db, now, lambda text, share: bar.update(task, description=text, completed=share))
        bar.update(task, completed=1.0, description="loaded 已载入" if rows else "data kept 沿用数据")
        stack.sign_agreements(db, now)
        stack.lay_matters(db, now)
        night = bar.add_task("night's jobs 夜间作业", total=5)
        for outcome in stack.run_night(db, now, lambda text: bar.update(night, description=text)):
            bar.advance(night)
            bar.update(night, description=f"{outcome.job} {outcome.day}")
        stack.draw_campaign(db, now)
        bar.update(night, description="night's jobs 夜间作业")
    if rows:
        console.print("   ".join(f"{name} {count:,}" for name, count in rows.items()))


def _report(stack: Demo, db: Database, console: Console) -> None:
    now = dt.datetime.now(dt.UTC)
    console.print(ranking_table(db, 10))
    console.print(ratio_table(db, stack.draw_day(now)))
    console.print(draw_table(db, stack.draw_day(now)))


def _farewell(options: DemoOptions, supervisor: Supervisor, seconds: float) -> str:
    people = ", ".join(f"{username} ({name})" for username, name, _, _ in LOGINS)
    return (f"\n[bold]http://127.0.0.1:{options.api_port}/[/bold]  login [bold]duty[/bold] / [bold]{PASSWORD}[/bold]"
            f"   also {people}\n"
            f"MQTT 127.0.0.1:{options.mqtt_port}   a vendor's login: anning / {PASSWORD}   see docs/vendor-guide.md\n"
            f"GB/T 26875.3 127.0.0.1:{options.listen_port} (TCP)   查岗与设备连接 duty checks: "
            f"http://127.0.0.1:{options.api_port}/duty\n"
            f"ready after {seconds:.0f} s, {supervisor.memory() / 2**20:,.0f} MB in all; "
            f"data in {options.home}; Ctrl-C stops everything")


COMMANDS = (demo,)
