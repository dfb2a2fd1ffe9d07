"""The main job on one machine: every process of the stack, a simulated district, last night's jobs, live telemetry."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import api.accounts
import registry.vendors
import scoring.nightly
from huoyan.embedded import in_hand, past_findings, town_agreements
from huoyan.embedded.broker import BrokerOptions
from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.folders import make_folder, secret
from huoyan.embedded.in_hand import campaign
from huoyan.embedded.loading import Progress, load_city
from huoyan.embedded.logins import ingest_login, vendor_login, write_logins
from huoyan.embedded.postgres import EmbeddedPostgres
from huoyan.embedded.processes import accepts_connections, require_free_port
from huoyan.embedded.supervisor import Child, Supervisor, postgres_child
from huoyan.embedded.wiring import wire
from policy import calendar
from policy.clocks import legal_day
from sampling.plans import record
from scheduler import Outcome, find, run_once
from simulators.city import generate
from store import Database
from store.migrating import migrate

# Known to everybody, therefore only ever on the loopback address of the demo.
PASSWORD = "huoyan-demo"  # noqa: S105
LOGINS = (("admin", "管理员", "administrator", "990000"), ("duty", "大队值班员", "brigade", "990101"),
          ("town", "镇街工作人员", "town", "990101001"))
_WEEKS_SCORED = 12
#: Detectors and the report of last year look at what towns did, however short the telemetry is.
_AGREED_DAYS = 730
_HOST = "127.0.0.1"
#: One device's clock is so many seconds behind when it connects: what is done about it can be seen within two minutes.
_CLOCK_OFF = -200
# What the demo keeps in its folder; --reset removes these and nothing else.
_OURS = ("postgresql-*", "postgresql.log*", "logs", "broker", "fleet", "demo.json")


@dataclass(frozen=True)
class DemoOptions:
    """``rate`` is live messages a second; the ports are on the loopback address."""

    home: Path
    units: int = 2000
    devices: int = 6000
    days: int = 365
    seed: int = 7
    rate: float = 20.0
    api_port: int = 8080
    mqtt_port: int = 1883
    database_port: int = 55432
    ingest_metrics_port: int = 9101
    scheduler_metrics_port: int = 9102
    listen_port: int = 26875
    listen_metrics_port: int = 9103


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the demo's folder: two demos on the same data would start two of everything."""
    make_folder(home)
    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(f"a demo already runs on {home}: stop it with Ctrl-C, or name another folder with "
                                "HUOYAN_DEMO_HOME") from None
        yield


def reset(home: Path) -> None:
    """Forget the demo's data; the folder itself and anything else in it stay."""
    for pattern in _OURS:
        for path in home.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


class Demo:
    """The steps of the demo, in the order they are called."""

    def __init__(self, options: DemoOptions, supervisor: Supervisor) -> None:
        self.options = options
        self._supervisor = supervisor
        self._postgres = EmbeddedPostgres(options.home, options.database_port)
        self._logs = make_folder(options.home / "logs")

    @property
    def dsn(self) -> str:
        return self._postgres.dsn

    def check_ports(self) -> None:
        """Refuse in one line where a port is taken, before anything is started."""
        for port, what, option in (
                (self.options.api_port, "the pages", "--port"),
                (self.options.mqtt_port, "the MQTT broker", "--mqtt-port"),
                (self.options.database_port, "PostgreSQL", "--database-port"),
                (self.options.ingest_metrics_port, "the health page of ingest", "--ingest-metrics-port"),
                (self.options.scheduler_metrics_port, "the health page of the scheduler", "--scheduler-metrics-port"),
                (self.options.listen_port, "GB/T 26875.3 links", "--listen-port"),
                (self.options.listen_metrics_port, "the health page of the listener", "--listen-metrics-port")):
            require_free_port(port, what, f"stop what uses it or choose another with {option}")

    def start_database(self) -> None:
        """PostgreSQL at the newest schema."""
        self._supervisor.start(postgres_child(self._postgres))
        self._postgres.create_database()
        migrate(self.dsn)

    def load(self, db: Database, now: dt.datetime, progress: Progress) -> dict[str, int] | None:
        """Load the simulated district unless it is there already; rows by kind, or None."""
        with db.connection() as connection:
            if registry.vendors.listing(connection):
                return None
        city = generate(self.options.seed, units=self.options.units, devices=self.options.devices,
                        until=legal_day(now), days=self.options.days, now=now)
        # Before the load: once its one transaction has committed, nothing may be missing.
        self._write_fleet(city.fleet_devices(), wire(city), [vendor["vendor_code"] for vendor in city.vendors])
        self._write_truth(city.truth)
        return load_city(db, city, now, progress)

    def sign_agreements(self, db: Database, now: dt.datetime) -> int:
        """What towns did in the record and will be drawn for, they may do: by agreements, unless there are any."""
        return town_agreements.sign(db, now, max(self.options.days, _AGREED_DAYS))

    def lay_matters(self, db: Database, now: dt.datetime) -> bool:
        """Cases, measures, leads and the like that are in hand today, made as people make them; once."""
        return in_hand.lay(db, now)

    def draw_campaign(self, db: Database, now: dt.datetime) -> bool:
        """A campaign of the days after the draw, once its officers are known to be free."""
        return campaign.lay(db, self.draw_day(now), now)

    def make_logins(self, db: Database) -> None:
        """Logins of people (in the database) and of vendors (at the broker)."""
        for username, name, role, area in LOGINS:
            api.accounts.ensure(db, username=username, display_name=name, password=PASSWORD, role=role,
                                area_codes=[] if role == "administrator" else [area])
        for vendor in self._vendors():
            api.accounts.ensure(db, username=vendor, display_name=vendor, password=PASSWORD, role="vendor",
                                vendor_code=vendor)

    def draw_day(self, now: dt.datetime) -> dt.date:
        """Today, or the next working day where today is none."""
        today = legal_day(now)
        return today if calendar().is_working_day(today) else calendar().next(today)

    def run_night(self, db: Database, now: dt.datetime, told: Callable[[str], None]) -> Iterator[Outcome]:
        """Last night's jobs, through the same ledger as the clock's; a job that fails ends the demo with its words."""
        today, draw_day = legal_day(now), self.draw_day(now)
        for name, day in (("rollup", today), ("findings", today), ("credit", today), ("score", today),
                          ("freeze", draw_day), ("draw", draw_day)):
            told(f"{find(name).zh} {name} {day}")
            outcome = run_once(db, find(name), day, dt.datetime.now(dt.UTC))
            if outcome.status == "failed":
                raise EmbeddedError(f"the job {name} of {day} failed: {outcome.error}")
            if name == "rollup" and outcome.fresh:
                self._score_the_past(db, today, told)
            if name == "score" and outcome.fresh:
                told(f"检查计划 plan {today.year}")
                _publish_plan(db, now)
            yield outcome

    def _score_the_past(self, db: Database, today: dt.date, told: Callable[[str], None]) -> None:
        """Findings and scores of past weeks, each from what was known then: as of an installation that has run long."""
        for weeks in range(min(_WEEKS_SCORED, (self.options.days - 30) // 7), 0, -1):
            day = today - dt.timedelta(weeks=weeks)
            told(f"风险评分 score {day}")
            past_findings.look(db, day)
            scoring.nightly.run(db, day)
            past_findings.settle(db)

    def start_broker(self) -> None:
        """The MQTT broker, with a login for each vendor and one for ingest."""
        folder = make_folder(self.options.home / "broker")
        logins = {vendor: vendor_login(vendor, PASSWORD) for vendor in self._vendors()}
        logins["ingest"] = ingest_login(self._ingest_password)
        write_logins(folder / "logins.json", logins)
        BrokerOptions(port=self.options.mqtt_port, inbox=folder / "inbox", logins=folder / "logins.json").write(
            folder / "broker.json")
        self._start("broker", ["-m", "huoyan.embedded.broker", "--config", str(folder / "broker.json")],
                    ready=lambda: accepts_connections(self.options.mqtt_port))

    def start_processes(self) -> None:
        """Ingest, listener, scheduler and API: the processes of production, by their own commands."""
        for name, port in (("ingest", self.options.ingest_metrics_port), ("listen", self.options.listen_metrics_port),
                           ("scheduler", self.options.scheduler_metrics_port), ("api", self.options.api_port)):
            self._start(name, ["-m", "huoyan.cli", name], ready=_answers(f"http://{_HOST}:{port}/readyz"))

    def start_fleet(self) -> None:
        """Devices that publish as real ones do, and transmission devices that connect to the listener."""
        folder = self.options.home / "fleet"
        self._start("fleet", [
            "-m", "huoyan.cli", "simulate", "fleet", "--devices", str(folder / "devices.json"), "--logins",
            str(folder / "logins.json"), "--rate", str(self.options.rate), "--seed", str(self.options.seed),
            "--faults", "low", "--mqtt-protocol", "3.1.1"])
        links = folder / "links.json"
        if links.exists() and json.loads(links.read_text(encoding="utf-8")):
            self._start("links", [
                "-m", "huoyan.cli", "simulate", "links", "--devices", str(links), "--port",
                str(self.options.listen_port), "--seed", str(self.options.seed), "--clock-off", str(_CLOCK_OFF)])

    def environment(self) -> Mapping[str, str]:
        """The settings of every process of the demo."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("HUOYAN_") or name == "HUOYAN_POLICY_DIR"}
        return kept | {
            "HUOYAN_DATABASE_URL": self.dsn, "HUOYAN_MQTT_HOST": _HOST, "HUOYAN_MQTT_PORT": str(self.options.mqtt_port),
            "HUOYAN_MQTT_USER": "ingest", "HUOYAN_MQTT_PASSWORD": self._ingest_password,
            "HUOYAN_MQTT_PROTOCOL": "3.1.1", "HUOYAN_INGEST_ALARMS_APART": "0",
            "HUOYAN_API_HOST": _HOST, "HUOYAN_API_PORT": str(self.options.api_port),
            "HUOYAN_API_SECURE_COOKIES": "0", "HUOYAN_METRICS_HOST": _HOST, "HUOYAN_LOG_FORMAT": "json",
            "HUOYAN_INGEST_METRICS_PORT": str(self.options.ingest_metrics_port),
            "HUOYAN_SCHEDULER_METRICS_PORT": str(self.options.scheduler_metrics_port),
            "HUOYAN_LISTEN_HOST": _HOST, "HUOYAN_LISTEN_TCP_PORT": str(self.options.listen_port),
            "HUOYAN_LISTEN_UDP_PORT": "0", "HUOYAN_LISTEN_METRICS_PORT": str(self.options.listen_metrics_port),
            # All these processes share two cores: numerical libraries must not each take all of them.
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    @property
    def _ingest_password(self) -> str:
        return secret(self.options.home / "ingest.password")

    def _start(self, name: str, arguments: list[str], ready: Callable[[], bool] | None = None) -> None:
        self._supervisor.start(Child(name, [sys.executable, *arguments], self._logs / f"{name}.log",
                                     environment=self.environment(), ready=ready))

    def _vendors(self) -> list[str]:
        return sorted(json.loads((self.options.home / "fleet" / "logins.json").read_text(encoding="utf-8")))

    def _write_fleet(self, devices: list[dict[str, Any]], wired: list[dict[str, Any]], vendors: list[str]) -> None:
        folder = make_folder(self.options.home / "fleet")
        for name, rows in (("devices", [row for row in devices if row not in wired]), ("links", wired)):
            (folder / f"{name}.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        (folder / "logins.json").write_text(json.dumps(dict.fromkeys(vendors, PASSWORD)), encoding="utf-8")

    def _write_truth(self, truth: list[dict[str, Any]]) -> None:
        lines = ["unit_no,true_risk", *(f"{row['unit_no']},{row['true_risk']!r}" for row in truth)]
        (self.options.home / "fleet" / "truth.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _publish_plan(db: Database, now: dt.datetime) -> None:
    """A published plan of this year, unless there is one."""
    with db.connection() as connection:
        if record.newest(connection, legal_day(now).year):
            return
    plan = record.make(db, legal_day(now).year, None, now, actor="demo")["plan_no"]
    record.adopt(db, plan, now, actor="demo")
    record.publish(db, plan, now, actor="demo")


def _answers(url: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urlopen(url, timeout=2) as answer:  # noqa: S310  the address is ours
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False
    return ask
