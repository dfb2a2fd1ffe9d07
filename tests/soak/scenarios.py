"""What is done to the line, one scenario after another, each on a fresh database and a fresh broker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from huoyan.embedded.processes import proportional_memory
from tests.servers.mqtt import Client
from tests.soak.compare import Findings
from tests.soak.faults import Fault, lasts, schedule
from tests.soak.ledger import Ledger
from tests.soak.network import Loopback
from tests.soak.world import Plan, World, can_share

_PAIRS = ("publisher-broker", "broker-ingest", "ingest-database")
_SLEEP = (1.0, 3.0)
_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Options:
    """What a person may choose. ``rate`` is the sustained rate in messages a second; a flood is ten times that."""

    seed: int = 1
    kills: int = 30
    minutes: float = 30.0
    rate: float = 500.0
    steady_rate: float = 10_000.0
    away_seconds: float = 120.0
    say: Callable[[str], None] = print


@dataclass
class Result:
    """What a scenario came to. What died with the broker's memory is told, and neither failure nor success."""

    name: str
    findings: Findings
    struck: dict[str, int]
    fell: dict[str, int]
    seconds: float
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        found = self.findings
        return not (found.lost or found.doubled or found.wrong or self.failures)


@dataclass(frozen=True)
class Scenario:
    """``needs_cables``: not without network namespaces. ``run`` may raise RuntimeError, which is told as it is."""

    name: str
    title: str
    run: Callable[[Options, Path, Loopback], Result]
    needs_cables: bool = False


def _struck(name: str, options: Options, folder: Path, network: Loopback, plan: Plan, faults: list[Fault],
            notes: Callable[[World, Ledger], list[str]] | None = None) -> Result:
    """Run a world under faults; a few seconds of peace come first and last."""
    began = time.monotonic()
    faults = [Fault(fault.at + 2, fault.what, fault.lasting) for fault in faults]
    with World(folder, plan, network, name) as world:
        struck = world.run(sorted(faults, key=lambda fault: fault.at), lasts(faults) + 3)
        ledger, findings = world.finish()
        told = notes(world, ledger) if notes else []
        if ledger.unheard:
            told.append(f"{ledger.unheard:,} messages were acknowledged while the broker knew no subscriber")
        missing = len(ledger.entries) - ledger.acknowledged
        if missing:
            told.append(f"{missing:,} messages were never acknowledged")
        return Result(name, findings, dict(struck), dict(world.fell), time.monotonic() - began, told)


def _kills(victim: str) -> Callable[[Options, Path, Loopback], Result]:
    def run(options: Options, folder: Path, network: Loopback) -> Result:
        faults = schedule(options.seed, {f"kill {victim}": options.kills}, _SLEEP)
        return _struck(f"kill-{victim}", options, folder, network, Plan(options.seed, options.rate), faults)

    return run


def _kill_broker(options: Options, folder: Path, network: Loopback) -> Result:
    """Each death strikes a broker that ingest is connected to again; ``broker-behind`` is the other case."""
    faults = schedule(options.seed, {"kill broker that is heard": options.kills}, (0.0, 1.0))
    return _struck("kill-broker", options, folder, network, Plan(options.seed, options.rate), faults)


def _away(options: Options, folder: Path, network: Loopback) -> Result:
    seconds = options.away_seconds
    faults = schedule(options.seed, {"kill database": 1}, _SLEEP, {"kill database": (seconds, seconds)})
    return _struck("database-away", options, folder, network, Plan(options.seed, options.rate), faults)


def _disk(options: Options, folder: Path, network: Loopback) -> Result:
    faults = schedule(options.seed, {"fill disk": 5}, (5.0, 10.0), {"fill disk": (5.0, 20.0)})
    return _struck("disk-full", options, folder, network, Plan(options.seed, options.rate, disk_mb=700), faults)


def _cuts(options: Options, folder: Path, network: Loopback) -> Result:
    names = {f"cut {pair}": 4 for pair in _PAIRS}
    faults = schedule(options.seed, names, (3.0, 6.0), dict.fromkeys(names, (1.0, 25.0)))
    return _struck("cuts", options, folder, network, Plan(options.seed, options.rate), faults)


def _flood(options: Options, folder: Path, network: Loopback) -> Result:
    faults = schedule(options.seed, {"flood 10x": 1}, _SLEEP, {"flood 10x": (30.0, 30.0)})
    faults += [Fault(fault.at + 5, fault.what, fault.lasting)
               for fault in schedule(options.seed, {"kill ingest": 2}, (4.0, 8.0))]
    return _struck("flood", options, folder, network, Plan(options.seed, options.rate), faults)


def _mixed(options: Options, folder: Path, network: Loopback) -> Result:
    """Everything at once: one chain of faults for each victim, so that they overlap."""
    chains = [{"kill ingest": max(options.kills // 2, 1)}, {"kill database": max(options.kills // 4, 1)}]
    faults = [fault for chain in chains for fault in schedule(options.seed, chain, (2.0, 6.0))]
    if network.can_cut:
        names = {f"cut {pair}": max(options.kills // 15, 1) for pair in _PAIRS}
        faults += schedule(options.seed, names, (2.0, 8.0), dict.fromkeys(names, (1.0, 15.0)))
    plan = Plan(options.seed, options.rate, ingests=3 if can_share() else 1)
    return _struck("mixed", options, folder, network, plan, faults)


def _group(options: Options, folder: Path, network: Loopback) -> Result:
    """Members of a group that shares one subscription are killed; one leaves for good, and one is killed for good."""
    if not can_share():
        raise RuntimeError("this ingest can't share a subscription")
    faults = schedule(options.seed, {"kill ingest": 4}, _SLEEP)
    faults += [Fault(lasts(faults) + 2, "leave ingest", 0.1), Fault(lasts(faults) + 15, "lose ingest", 0.1)]
    faults.append(Fault(lasts(faults) + 15, "kill ingest", 0.1))
    return _struck("group", options, folder, network, Plan(options.seed, options.rate, ingests=3), faults)


def _broker_behind(options: Options, folder: Path, network: Loopback) -> Result:
    """The broker dies while it holds a queue, because ingest is away: the one loss that ingest can't prevent."""
    faults: list[Fault] = []
    for number in range(max(options.kills // 6, 1)):
        start = 3.0 + number * 25.0
        faults += [Fault(start, "stop ingest", 15.0), *(
            Fault(start + 2 + fault.at, fault.what, fault.lasting)
            for fault in schedule(options.seed + number, {"kill broker": 1}, (4.0, 10.0)))]

    def notes(world: World, _: Ledger) -> list[str]:
        return [f"Mosquitto saves every {world.broker_setting('autosave_interval')} s, so up to that much of its "
                f"queue dies with it; see docs/reliability.md"]

    return _struck("broker-behind", options, folder, network, Plan(options.seed, options.rate), faults, notes)


def _steady(options: Options, folder: Path, network: Loopback) -> Result:
    """No fault at all, for a long time: neither the memory of ingest nor the broker's queue may grow."""
    began = time.monotonic()
    memory: list[float] = []
    held: list[float] = []
    with World(folder, Plan(options.seed, options.steady_rate, plain=True), network, "steady") as world:
        with Client(world.broker, "soak", "soak-watch", subscribe=("$SYS/broker/store/messages/count",)) as watch:
            watch.connect()
            until = time.monotonic() + options.minutes * 60
            while (left := until - time.monotonic()) > 0:
                world.watch(min(_LOOK_SECONDS, left))
                memory.append(sum(proportional_memory(program.pid) for program in world.ingests) / 1e6)
                held += [float(message.payload) for message in watch.take(1000, timeout=0)]
            seconds = options.minutes * 60
            rate = world.sent / seconds
        findings = world.finish_plain()
    result = Result("steady", findings, {}, dict(world.fell), time.monotonic() - began, [
        f"{rate:,.0f} messages/s published for {options.minutes:g} minutes"])
    for what, samples, slack in (("memory of ingest, MB", memory, 8.0),
                                 ("messages held by the broker", held, options.steady_rate)):
        second, last = _thirds(samples)
        result.notes.append(f"{what}: at most {second:,.0f} in the second third of the time, {last:,.0f} in the last")
        if last > second * 1.05 + slack:
            result.failures.append(f"grew: {what}")
    return result


def _thirds(samples: list[float]) -> tuple[float, float]:
    """The greatest of the second and of the last third; the first warms up."""
    third = len(samples) // 3
    return max(samples[third:2 * third], default=0.0), max(samples[2 * third:], default=0.0)


SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("kill-ingest", "SIGKILL of ingest", _kills("ingest")),
    Scenario("kill-database", "SIGKILL of the whole database server", _kills("database")),
    Scenario("kill-broker", "SIGKILL of Mosquitto while ingest is connected", _kill_broker),
    Scenario("database-away", "the database away for two minutes", _away),
    Scenario("disk-full", "the database's disk full for a moment", _disk),
    Scenario("cuts", "the cable between each pair pulled", _cuts, needs_cables=True),
    Scenario("flood", "ten times the sustained rate, ingest killed meanwhile", _flood),
    Scenario("mixed", "faults of ingest, database and network that overlap", _mixed),
    Scenario("group", "members of a shared subscription killed, stopped for good, and killed for good", _group),
    Scenario("broker-behind", "SIGKILL of Mosquitto while it holds a queue", _broker_behind),
    Scenario("steady", "no fault, memory and queue watched", _steady),
)}
