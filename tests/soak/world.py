"""All parts at work: they are started, killed, cut off and brought back by one thread, which also supervises them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from huoyan.embedded.processes import die_with_parent
from huoyan.settings import SETTINGS
from tests.servers.programs import Program, unused_port
from tests.soak.broker import Broker
from tests.soak.compare import Deaths, Findings, compare
from tests.soak.database import SoakDatabase
from tests.soak.faults import Fault
from tests.soak.ledger import Ledger
from tests.soak.network import Loopback
from tests.soak.traffic import VENDOR, Traffic

_ROOT = Path(__file__).parents[2]
_LOOK = 0.05
#: A supervisor waits a moment before it starts again what ended by itself.
_AGAIN_AFTER = 0.5
_UP_SECONDS = 60.0
_FINISH_SECONDS = 240.0
#: Rows that have not changed for so long are taken for all there will be, when something is missing.
_QUIET_SECONDS, _SETTLED_SECONDS = 45.0, 2.0
_SETTLE_SECONDS = 600.0
_DAY_MS = 86_400_000
#: Mosquitto looks whether its interval has passed once in a turn of its loop, in whole seconds.
_SAVE_SLACK_SECONDS = 2


@dataclass(frozen=True)
class Plan:
    """How a world is set up. ``rate`` is in messages a second; ``disk_mb`` gives the database a small disk."""

    seed: int
    rate: float
    ingests: int = 1
    plain: bool = False
    disk_mb: int = 0
    ingest_settings: tuple[tuple[str, str], ...] = ()


def can_share() -> bool:
    """Whether this ingest can share one subscription among several processes."""
    return any(setting.name == "mqtt_share" for setting in SETTINGS)


class World:
    """A context: inside, all parts run and the publisher publishes."""

    def __init__(self, folder: Path, plan: Plan, network: Loopback, name: str) -> None:
        self.plan, self.network, self.folder = plan, network, folder
        self.chance = random.Random(f"world/{plan.seed}")
        self.traffic = Traffic(plan.seed, time.time_ns() // 1_000_000 - _DAY_MS, plan.plain)
        self.database = SoakDatabase(name, network.listen if not network.can_cut else "*",
                                     network.address("database"), network.enter("database"), plan.disk_mb)
        self.broker = Broker(folder / "broker", network.listen, network.address("broker"), network.enter("broker"))
        self._unsaved_ms = (int(self.broker_setting("autosave_interval")) + _SAVE_SLACK_SECONDS) * 1000
        self.broker_deaths: list[int] = []
        self.ports = [unused_port() for _ in range(plan.ingests)]
        self.ingests = [self._ingest(number) for number in range(plan.ingests)]
        self._wanted: dict[str, Program] = {}
        self._ended: dict[str, float] = {}
        #: How often a part ended by itself and had to be started again.
        self.fell: Counter[str] = Counter()
        self._publisher: subprocess.Popen[str] | None = None
        self._heard = b""
        self.sent = self.acknowledged = self.outstanding = 0

    def __enter__(self) -> World:
        try:
            self.database.open()
            self._wanted["database"] = self.database.cluster.program
            self._launch("broker", self.broker.program)
            for number, program in enumerate(self.ingests):
                self._launch(f"ingest {number}", program)
            self.wait(self.ready, _UP_SECONDS, "all parts are up")
            subscribed_at = time.time()
            self.wait(lambda: self.broker.has_saved(subscribed_at), _UP_SECONDS, "the broker has saved who subscribed")
            self._start_publisher()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._wanted.clear()
        if self._publisher is not None and self._publisher.poll() is None:
            self._publisher.kill()
        if self._publisher is not None:
            self._publisher.communicate()
        for program in self.ingests:
            program.kill()
        self.broker.program.kill()
        self.database.close()

    def ready(self) -> bool:
        """Whether every ingest process says that messages flow."""
        return all(self._answers(port) for port in self.ports)

    def run(self, faults: Iterable[Fault], lasting: float) -> Counter[str]:
        """Let faults strike and be mended at their times, for ``lasting`` seconds at least; returns what struck."""
        steps = sorted([(fault.at, True, fault) for fault in faults]
                       + [(fault.at + fault.lasting, False, fault) for fault in faults], key=lambda step: step[0])
        struck: Counter[str] = Counter()
        mending: dict[int, Callable[[], None]] = {}
        began = time.monotonic()
        for moment, strikes, fault in steps:
            self.watch(began + moment - time.monotonic())
            if strikes:
                before = time.monotonic()
                mending[id(fault)] = self.strike(fault.what)
                began += time.monotonic() - before
                struck[fault.what] += 1
            else:
                mending.pop(id(fault))()
        self.watch(began + lasting - time.monotonic())
        return struck

    def strike(self, what: str) -> Callable[[], None]:  # noqa: PLR0911  a table of faults
        """Make a fault; returns what mends it."""
        action, _, target = what.partition(" ")
        match action, target:
            case "kill", "database":
                self._take("database")
                self.database.cluster.kill()
                return lambda: self._launch("database", self.database.cluster.program)
            case "kill", "broker" | "broker that is heard":
                if target != "broker":
                    self.wait(self.ready, _UP_SECONDS, "ingest is connected")
                    self.watch(self.chance.uniform(0.2, 3.0))
                self._take("broker")
                self.broker_deaths.append(time.time_ns() // 1_000_000)
                self.broker.program.kill()
                return lambda: self._launch("broker", self.broker.program)
            case "kill", "ingest":
                number = self.chance.randrange(len(self.ports))
                self._take(f"ingest {number}")
                self.ingests[number].kill()
                return lambda: self._launch(f"ingest {number}", self.ingests[number])
            case "stop", "ingest":
                return self._stop_ingest()
            case "leave", "ingest":
                return self._part_with_ingest(lambda program: program.stop())
            case "lose", "ingest":
                return self._part_with_ingest(lambda program: program.kill())
            case "fill", "disk":
                self.database.fill()
                return self.database.make_room
            case "cut", _:
                # Either end may lose its cable: the other then hears nothing of it.
                one, other = self.chance.sample(target.split("-"), 2)
                self.network.cut(one, other)
                return lambda: self.network.mend(one, other)
            case "flood", _:
                self.set_rate(self.plan.rate * float(target.removesuffix("x")))
                return lambda: self.set_rate(self.plan.rate)
        raise ValueError(f"there is no fault {what!r}")

    def _stop_ingest(self) -> Callable[[], None]:
        for number, program in enumerate(self.ingests):
            self._take(f"ingest {number}")
            program.stop()

        def start() -> None:
            for number, program in enumerate(self.ingests):
                self._launch(f"ingest {number}", program)

        return start

    def finish(self) -> tuple[Ledger, Findings]:
        """Stop publishing, wait until all is acknowledged and stored, and hold the ledger against the tables."""
        self._end_publishing()
        ledger = Ledger.load(self.folder / "ledger")
        return ledger, self._settle(lambda: compare(self.traffic, ledger, self.database.stored(),
                                                    Deaths(self.broker_deaths, self._unsaved_ms)))

    def finish_plain(self) -> Findings:
        """The same for plain traffic, which may be too long to be held message by message: the database counts."""
        self._end_publishing()
        sent, acknowledged = Ledger.totals(self.folder / "ledger")

        def judge() -> Findings:
            counted = self.database.plain(self.traffic, sent)
            right = min((counted.get(metric, (0, 0))[0] for metric in self.traffic.values(0)), default=0)
            found = Findings(sent, acknowledged, readings=sum(sum(pair) for pair in counted.values()),
                             lost=max(acknowledged - right, 0), wrong=sum(wrong for _, wrong in counted.values()))
            if found.lost:
                found.tell(f"lost: {found.lost:,} of {acknowledged:,} messages are not whole in the table")
            return found

        return self._settle(judge)

    def _part_with_ingest(self, end: Callable[[Program], None]) -> Callable[[], None]:
        """The last member of a group ends for good: stopped in order, or killed."""
        number = max(number for number in range(len(self.ingests)) if f"ingest {number}" in self._wanted)
        self._take(f"ingest {number}")
        end(self.ingests[number])
        self.ports.pop(number)
        return lambda: None

    def _end_publishing(self) -> None:
        self._tell("finish")
        publisher = self._publisher
        assert publisher is not None
        self.wait(lambda: publisher.poll() is not None, _FINISH_SECONDS, "the publisher is done")
        self.watch(0)
        if publisher.returncode not in (0, 3):
            raise RuntimeError("the publisher failed:\n" + (self.folder / "publisher.log").read_text()[-2000:])

    def _settle(self, judge: Callable[[], Findings]) -> Findings:
        rows, since, compared = -1, time.monotonic(), -1
        findings = Findings()
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            self.watch(0.5)
            now, counted = time.monotonic(), self.database.count()
            if counted is None or counted != rows:
                rows, since = -1 if counted is None else counted, now
            elif now - since > _SETTLED_SECONDS:
                if compared != rows:
                    findings, compared = judge(), rows
                # What is wrong now may only be late: a connection that nobody told of its end, a wait between tries.
                if findings.is_clean or (now - since > _QUIET_SECONDS and self.ready()):
                    return findings
            if now > deadline:
                findings.tell("not settled: rows still changed, or ingest was not ready, when patience ended")
                findings.wrong += 1
                return findings

    def watch(self, seconds: float) -> None:
        """Supervise for so long: what ended by itself is started again, as production's supervisor would."""
        until = time.monotonic() + seconds
        while True:
            self._hear()
            for name, program in self._wanted.items():
                if program.is_running:
                    self._ended.pop(name, None)
                elif time.monotonic() - self._ended.setdefault(name, time.monotonic()) > _AGAIN_AFTER:
                    self.fell[name] += 1
                    self._ended.pop(name)
                    program.launch()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _LOOK))

    def wait(self, until: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                raise RuntimeError(f"not within {seconds:g} s: {what}")
            self.watch(0.2)

    def set_rate(self, rate: float) -> None:
        self._tell(f"rate {rate}")

    def broker_setting(self, name: str) -> str:
        text = (self.broker.folder / "mosquitto.conf").read_text(encoding="utf-8")
        return next(line.partition(" ")[2] for line in text.splitlines() if line.startswith(f"{name} "))

    def _launch(self, name: str, program: Program) -> None:
        program.launch()
        self._wanted[name] = program

    def _take(self, name: str) -> None:
        self._wanted.pop(name, None)
        self._ended.pop(name, None)

    def _answers(self, port: int) -> bool:
        with suppress(OSError, URLError), urlopen(f"http://{self.network.address('ingest')}:{port}/readyz",
                                                  timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def _ingest(self, number: int) -> Program:
        network, plan = self.network, self.plan
        settings = {
            "DATABASE_URL": self.database.login(network.address("database", "ingest")),
            "MQTT_HOST": network.address("broker", "ingest"), "MQTT_PORT": str(self.broker.port),
            "MQTT_USER": "ingest", "MQTT_PASSWORD": Broker.password("ingest"),
            "METRICS_HOST": network.listen, "INGEST_METRICS_PORT": str(self.ports[number]),
            "LOG_LEVEL": "warning", "MQTT_CLIENT_ID": f"huoyan-ingest-{number}", **dict(plan.ingest_settings)}
        if plan.ingests > 1:
            settings["MQTT_SHARE"] = "huoyan"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
        return Program([sys.executable, "-m", "huoyan.cli", "ingest"], self.folder / f"ingest-{number}.log",
                       name=f"ingest {number}", ready=lambda: True, prepare_child=network.enter("ingest"), cwd=_ROOT,
                       environment=kept | {"OMP_NUM_THREADS": "1"}
                       | {f"HUOYAN_{name}": value for name, value in settings.items()})

    def _start_publisher(self) -> None:
        network, plan = self.network, self.plan
        words: Sequence[str] = [
            "--host", network.address("broker", "publisher"), "--port", str(self.broker.port), "--user", VENDOR,
            "--password", Broker.password(VENDOR), "--seed", str(plan.seed), "--start-ms",
            str(self.traffic.start_ms), "--rate", str(plan.rate), "--ledger", str(self.folder / "ledger"),
            *(["--plain"] if plan.plain else [])]
        enter, last_words = network.enter("publisher"), die_with_parent(9)

        def before_exec() -> None:
            if enter:
                enter()
            last_words()

        with (self.folder / "publisher.log").open("w", encoding="utf-8") as log:
            self._publisher = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.publisher", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, text=True, cwd=_ROOT, start_new_session=True, bufsize=1,
                preexec_fn=before_exec)  # noqa: PLW1509  set before exec, by one thread
        assert self._publisher.stdout is not None
        os.set_blocking(self._publisher.stdout.fileno(), False)

    def _hear(self) -> None:
        if self._publisher is None or self._publisher.stdout is None:
            return
        with suppress(BlockingIOError):
            self._heard += os.read(self._publisher.stdout.fileno(), 65536)
        *lines, self._heard = self._heard.split(b"\n")
        if lines:
            self.sent, self.acknowledged, self.outstanding = map(int, lines[-1].split())

    def _tell(self, command: str) -> None:
        assert self._publisher is not None
        assert self._publisher.stdin is not None
        with suppress(BrokenPipeError):
            self._publisher.stdin.write(f"{command}\n")
            self._publisher.stdin.flush()
