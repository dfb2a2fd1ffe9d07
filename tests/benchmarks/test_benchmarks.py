"""Every benchmark runs from end to end at a tiny size. How fast anything is, is never asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import BENCHMARKS
from benchmarks.figures import Spread, growth, percentile, ratios
from tests.conftest import need
from tests.servers.mosquitto import why_not

ROOT = Path(__file__).parents[2]
SAYS = {"ingest": {"rates", "processor_seconds", "delays", "messages"}, "pages": {"pages", "units", "over_target"},
        "nightly": {"seconds", "growth", "memory", "year", "sizes"}, "demo": {"seconds", "memory_mb"},
        "casework": {"rows", "pages", "seconds", "over_target"},
        "imports": {"seconds", "rows"}, "draws": {"found", "growth"}, "year": {"found", "growth"},
        "scale": {"parts", "server_memory", "made", "growth"},
        "evaluate": {"cities", "learned"},
        "links": {"windows", "idle_links", "idle_bytes", "bytes_a_link", "alarm_seconds"},
        "gbt": {"frames_per_second", "bare_frames_per_second"}}


def bench(*words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
    return subprocess.run([sys.executable, "-m", "benchmarks", *map(str, words)], cwd=ROOT, env=environment,
                          capture_output=True, text=True, timeout=240, check=False)


# The longest run what other tests run from end to end. They are tried by ``make bench ARGS=--quick``, or here with
# HUOYAN_TEST_BENCHMARKS=all.
ELSEWHERE = set() if os.environ.get("HUOYAN_TEST_BENCHMARKS") == "all" else {
    "casework", "demo", "evaluate", "imports", "ingest", "links", "nightly", "pages", "scale"}


@pytest.mark.parametrize("name", sorted(set(BENCHMARKS) - ELSEWHERE))
def test_a_benchmark_runs_and_says_what_it_measured(name: str, tmp_path: Path) -> None:
    if name == "ingest":
        need(why_not())
    file = tmp_path / "figures.json"
    done = bench(name, "--quick", "--runs", "1", "--seeds", "5", "--history", tmp_path / "none.csv", "--json", file)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert told["machine"]["cores"] >= 1
    assert f"== {name} ==" in done.stdout
    report, = told["benchmarks"]
    assert set(report["figures"]) == SAYS[name]
    assert report["tables"]
    assert all(len(row) == len(table["columns"]) for table in report["tables"] for row in table["rows"])
    if name == "evaluate":
        assert "give --history" in done.stdout


def test_every_benchmark_is_listed_with_what_it_is_and_documented() -> None:
    shown = bench("--help").stdout
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for name, about in BENCHMARKS.items():
        assert about in shown
        assert f"`{name}`" in page


@pytest.mark.parametrize(("words", "sentence"), [
    (["nosuch"], "there is no benchmark nosuch"),
    (["demo", "--runs", "0"], "--runs 0 can't be used"),
    (["evaluate", "--seeds", "a,b"], "--seeds a,b can't be used"),
    (["evaluate", "--seeds=-1"], "--seeds -1 can't be used"),
])
def test_what_cannot_be_run_is_refused_in_one_sentence(words: list[str], sentence: str) -> None:
    done = bench(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_figures_are_what_their_names_say() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0, 3)
    assert Spread.of([0.001, 0.002]).cells(",.1f", 1000) == ["1.0", "1.5", "2.0"]
    assert ratios([1.0, 4.0], [2.0, 2.0]) == Spread(0.5, 1.25, 2.0, 2)
    assert [percentile(list(range(1, 101)), share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.99) == 7.0
    assert growth({10: 1.0, 100: 100.0, 1000: 10_000.0}) == pytest.approx(2.0)
    assert growth({10: 1.0}) is None
