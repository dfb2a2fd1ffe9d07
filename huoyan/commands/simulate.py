"""Stand-ins: a city on paper with a known true risk, and a fleet of devices that publish over MQTT."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from huoyan.commands.session import Day
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from simulators.city import generate, write
from simulators.errors import SimulatorError
from simulators.fleet import FAULT_LEVELS, Broker, Fleet, Ledger, Traffic, read_devices, read_logins
from simulators.links import RunningLinks, TransmissionDevice
from simulators.sparkplug import EdgeNode, EdgeSession, EdgeTraffic, RunningEdge, edge_device


@click.group()
def simulate() -> None:
    """Simulated cities and devices, for trials and tests."""


def _stop_on_signal(stop: Callable[[], None]) -> None:
    def called(_signal: int, _frame: Any) -> None:
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, called)


@simulate.command()
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True,
              help="Another seed, another city.")
@click.option("--units", type=click.IntRange(10, 1_000_000), default=2000, show_default=True)
@click.option("--devices", type=click.IntRange(0, 1_000_000), default=None, help="Three for each unit if left out.")
@click.option("--days", type=click.IntRange(1, 3660), default=365, show_default=True, help="Days of telemetry.")
@click.option("--until", type=Day(), default=None, help="The day on which the history ends; today if left out.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="Folder for the CSV files.")
@click.option("--readings", is_flag=True, help="Write readings.csv too (millions of rows).")
def city(seed: int, units: int, devices: int | None, days: int, until: dt.date | None, out: Path, *,
         readings: bool) -> None:
    """Write a simulated city as CSV files: registers as `huoyan import` takes them, the record, and truth.csv."""
    load_settings()
    until = until or legal_day(dt.datetime.now(dt.UTC))
    try:
        made = generate(seed, units=units, devices=min(3 * units, 1_000_000) if devices is None else devices,
                        until=until, days=days)
        counts = write(made, out, readings=readings)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or out} can't be written: {error.strerror}") from None
    click.echo(f"{out}: " + ", ".join(f"{noun} {count}" for noun, count in counts.items()))


@simulate.command()
@click.option("--devices", "devices_file", type=click.Path(path_type=Path), required=True,
              help='JSON list of {"vendor", "device_no", "kind"}.')
@click.option("--rate", type=click.FloatRange(0, 100_000, min_open=True), default=20.0, show_default=True,
              help="Messages a second.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--faults", type=click.Choice(list(FAULT_LEVELS)), default="low", show_default=True,
              help="How often duplicates, late data, garbage, wrong clocks, storms and lost connections come.")
@click.option("--events-per-minute", type=click.FloatRange(0, 100_000), default=2.0, show_default=True,
              help="Alarms and faults that begin, over the whole fleet.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), default=None,
              help="Seconds; until SIGTERM or Ctrl-C if left out.")
@click.option("--ledger", "ledger_file", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="Write a JSON line for each message the broker acknowledged.")
@click.option("--logins", "logins_file", type=click.Path(path_type=Path), default=None,
              help='JSON object of {"VENDOR": "PASSWORD"}; without it nobody logs in.')
@click.option("--mqtt-host", default=None, help="HUOYAN_MQTT_HOST if left out.")
@click.option("--mqtt-port", type=click.IntRange(1, 65535), default=None, help="HUOYAN_MQTT_PORT if left out.")
@click.option("--mqtt-protocol", type=click.Choice(["5", "3.1.1"]), default=None,
              help="HUOYAN_MQTT_PROTOCOL if left out.")
def fleet(devices_file: Path, rate: float, seed: int, faults: str, events_per_minute: float, duration: float | None,
          ledger_file: Path | None, logins_file: Path | None, mqtt_host: str | None, mqtt_port: int | None,
          mqtt_protocol: str | None) -> None:
    """Publish over MQTT as devices do until stopped, then wait for what is not acknowledged yet."""
    loaded = load_settings()
    try:
        devices = read_devices(devices_file)
        broker = Broker(mqtt_host or loaded.mqtt_host, mqtt_port or loaded.mqtt_port,
                        mqtt_protocol or loaded.mqtt_protocol,
                        read_logins(logins_file) if logins_file is not None else None)
        traffic = Traffic(devices, seed, FAULT_LEVELS[faults], events_per_minute=events_per_minute,
                          start_ms=int(dt.datetime.now(dt.UTC).timestamp() * 1000))
        running = Fleet(devices, traffic, broker, Ledger(ledger_file), rate=rate, seed=seed)
        _stop_on_signal(running.stop)
        totals = running.run(duration)
    except SimulatorError as error:
        raise click.ClickException(str(error)) from None
    click.echo(totals.line())


@simulate.command()
@click.option("--devices", "devices_file", type=click.Path(path_type=Path), required=True,
              help='JSON list of {"vendor", "device_no", "kind"}, every kind uitd.')
@click.option("--host", default="127.0.0.1", show_default=True, help="Where huoyan listen is.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="HUOYAN_LISTEN_TCP_PORT if left out.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--pace", type=click.FloatRange(0.01, 1000), default=1.0, show_default=True,
              help="How many times faster than a heartbeat in 30 s, a report in 3 minutes and an alarm or fault in "
                   "half an hour of each device.")
@click.option("--clock-off", type=click.FloatRange(-86_400, 86_400), default=0.0, show_default=True,
              help="Seconds by which the clock of the first device is ahead (below 0: behind) until it is set.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), default=None,
              help="Seconds; until SIGTERM or Ctrl-C if left out.")
def links(devices_file: Path, host: str, port: int | None, seed: int, pace: float, clock_off: float,
          duration: float | None) -> None:
    """Be transmission devices on TCP links (GB/T 26875.3): report, answer duty checks, have the clock set.

    Each goes by the source address that is its number where that has twelve hexadecimal digits; register it as
    gbt26875.address.
    """
    loaded = load_settings()
    now = time.time()
    try:
        devices = [TransmissionDevice(device, seed, now, pace=pace, clock_off=0.0 if place else clock_off)
                   for place, device in enumerate(read_devices(devices_file))]
        running = RunningLinks(devices, host, port or loaded.listen_tcp_port)
        _stop_on_signal(running.stop)
        totals = running.run(duration)
    except SimulatorError as error:
        raise click.ClickException(str(error)) from None
    click.echo(totals.line())


@simulate.command()
@click.option("--vendor", required=True, help="Vendor code: the group, and the login.")
@click.option("--edge", "edge_name", default="GW-1", show_default=True, help="Name of the edge node.")
@click.option("--device", "names", multiple=True, required=True, metavar="NAME:KIND",
              help="A device behind it, such as P-1:water_pressure; once for each.")
@click.option("--interval", type=click.FloatRange(0.01), default=5.0, show_default=True,
              help="Seconds from one report to the next.")
@click.option("--alarm-after", type=click.FloatRange(0), default=None,
              help="Seconds after which the first device reports an alarm or a fault, for ten seconds.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), default=None,
              help="Seconds; until SIGTERM or Ctrl-C if left out.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--logins", "logins_file", type=click.Path(path_type=Path), default=None,
              help='JSON object of {"VENDOR": "PASSWORD"}; without it nobody logs in.')
@click.option("--qos", type=click.IntRange(0, 1), default=0, show_default=True,
              help="Of births and data; Sparkplug has 0, which a broker may lose.")
@click.option("--mqtt-host", default=None, help="HUOYAN_MQTT_HOST if left out.")
@click.option("--mqtt-port", type=click.IntRange(1, 65535), default=None, help="HUOYAN_MQTT_PORT if left out.")
@click.option("--mqtt-protocol", type=click.Choice(["5", "3.1.1"]), default=None,
              help="HUOYAN_MQTT_PROTOCOL if left out.")
@click.option("--tls-ca", type=click.Path(dir_okay=False), default=None, help="HUOYAN_MQTT_TLS_CA if left out.")
def edge(vendor: str, edge_name: str, names: tuple[str, ...], interval: float, alarm_after: float | None,
         duration: float | None, seed: int, logins_file: Path | None, qos: int, mqtt_host: str | None,
         mqtt_port: int | None, mqtt_protocol: str | None, tls_ca: str | None) -> None:
    """Be a Sparkplug B edge node: births, data by alias, a will, and births again when asked."""
    loaded = load_settings()
    try:
        traffic = EdgeTraffic(vendor, [edge_device(name) for name in names], seed)
        password = read_logins(logins_file).get(vendor) if logins_file is not None else None
        session = EdgeSession(EdgeNode(vendor, edge_name, traffic.devices), mqtt_host or loaded.mqtt_host,
                              mqtt_port or loaded.mqtt_port, password=password, qos=qos,
                              protocol=mqtt_protocol or loaded.mqtt_protocol,
                              tls_ca=tls_ca or loaded.mqtt_tls_ca or None)
        running = RunningEdge(session, traffic, interval, alarm_after)
        _stop_on_signal(running.stop)
        reports = running.run(duration)
    except SimulatorError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{reports} reports, {session.rebirths} rebirths")


COMMANDS = (simulate,)
