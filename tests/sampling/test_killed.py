"""``huoyan run draw`` killed with SIGKILL, wherever it is, and run again; and two of them at once.

``HUOYAN_TEST_KILLS=20`` kills it at twenty more moments.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from sampling import chain, freeze, reading, verify
from store import Database
from tests.sampling.city import LATE, LATE_EVENING, city, store

KILLS = int(os.environ.get("HUOYAN_TEST_KILLS", "0"))


@pytest.fixture
def frozen(dsn):
    """A town whose frame is frozen, and whose draw takes half a second or more: a trigger makes each visit slow."""
    with Database(dsn, max_size=2) as db:
        store(db, city(21, units=200, officers=8, day=LATE), scores_as_of=LATE.replace(day=20))
        freeze.run(db, LATE, LATE_EVENING)
        with db.connection() as connection:
            connection.execute("""create function slow() returns trigger language plpgsql as $$
                begin perform pg_sleep(0.1); return new; end $$""")
            connection.execute("create trigger slow before insert on inspections for each row execute function slow()")
    return dsn


def start(dsn: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
    return subprocess.Popen([sys.executable, "-m", "huoyan.cli", "run", "draw", "--date", str(LATE)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**kept, "HUOYAN_DATABASE_URL": dsn})


def visits_in_the_making(dsn: str) -> bool:
    """Whether a process is now writing the draw's visits, in a transaction that nobody else can see into."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("""select count(*) from pg_stat_activity where datname = current_database()
            and pid <> pg_backend_pid() and state <> 'idle' and query ilike '%%insert into inspections%%'""").fetchone()
    return bool(found and found[0])


def whole(dsn: str) -> None:
    """Exactly one draw stands, sealed, with each visit planned once."""
    with Database(dsn, max_size=2) as db:
        rows = db.rows("select status, record_hash from draws")
        assert [row["status"] for row in rows] == ["drawn"]
        with db.connection() as connection:
            content = reading.bundle_bytes(connection, LATE)
            shown = reading.draw_of_day(connection, LATE)
        assert verify.check(content)[0] == 0
        assert [agrees for _, agrees, _ in chain.check(db)] == [True]
        planned = db.rows("select i.draw_no, i.unit_id from inspections i where i.draw_no is not null")
        officers = db.row("select count(*) as n from inspection_officers")
        assert len(planned) == len({row["unit_id"] for row in planned}) == len(shown["visits"]) > 3
        assert officers["n"] == 2 * len(planned)


@pytest.mark.timeout(300 + 60 * KILLS)
def test_a_draw_killed_at_any_moment_and_run_again_is_one_whole_draw(frozen):
    chance = random.Random(7)
    caught = 0
    for moment in ("start", "visits", "anywhere", *["later", "visits"] * (KILLS // 2)):
        process = start(frozen)
        try:
            if moment == "visits":
                deadline = time.monotonic() + 60
                while process.poll() is None and not visits_in_the_making(frozen):
                    assert time.monotonic() < deadline
                    time.sleep(0.005)
                time.sleep(chance.uniform(0, 0.1))
            else:
                time.sleep(chance.uniform(0, {"start": 0.2, "anywhere": 1.2, "later": 2.5}[moment]))
            process.send_signal(signal.SIGKILL)
        finally:
            process.kill()
            process.communicate()
        caught += process.returncode == -signal.SIGKILL
        with Database(frozen, max_size=1) as db:
            # The server notices a dead client when it next speaks to it: until then its transaction is not undone.
            deadline = time.monotonic() + 30
            while db.row("""select count(*) as n from pg_stat_activity where datname = current_database()
                            and pid <> pg_backend_pid() and state <> 'idle'""")["n"] and time.monotonic() < deadline:
                time.sleep(0.02)
            status = db.row("select status from draws")["status"]
            planned = db.row("select count(*) as n from inspections where draw_no is not null")["n"]
        assert (status == "frozen") == (planned == 0), "all of it or nothing"
        assert moment != "visits" or status == "frozen"
        if status == "drawn":
            # It was done before the signal came: there is nothing more to kill.
            break
    assert caught >= 2
    process = start(frozen)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "draw 2026-12-21: done" in out
    whole(frozen)


def test_two_processes_at_once_make_one_draw(frozen):
    processes = [start(frozen) for _ in range(2)]
    told = [process.communicate(timeout=120) for process in processes]
    codes = sorted(process.returncode for process in processes)
    # The one that finds the other at work says so and exits 2; one that comes after it finds the work done.
    assert codes in ([0, 0], [0, 2]), told
    if codes == [0, 2]:
        assert any("another process is running it now" in out + err for out, err in told)
    whole(frozen)
