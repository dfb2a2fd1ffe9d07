"""``huoyan draw list`` killed with SIGKILL while it plans the new visits, run again, and two of them at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg

from sampling import chain
from sampling.lists import replacement
from sampling.lists.replacement import Asked
from store import Database
from tests.sampling.lists.town import NOON, drawn_town, replaceable, visits
from tests.sampling.test_killed import visits_in_the_making


def start(dsn: str, number: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
    return subprocess.Popen([sys.executable, "-m", "huoyan.cli", "draw", "list", number, "--witness", "3 17 42"],
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**kept, "HUOYAN_DATABASE_URL": dsn})


def test_a_replacement_killed_in_the_middle_leaves_no_half_and_two_at_once_make_one(dsn: str) -> None:
    with Database(dsn, max_size=2) as db:
        drawn_town(db)
        first = replaceable(db)
        asked = Asked("closed", "已停业", first["inspection_no"])
        (frozen,) = replacement.run(db, asked, NOON, actor="wang", entropy=["witness"])
        with db.connection() as connection:
            connection.execute("""create function slow() returns trigger language plpgsql as $$
                begin perform pg_sleep(1.5); return new; end $$""")
            connection.execute("create trigger slow before insert on inspections for each row execute function slow()")
    process = start(dsn, frozen["draw_no"])
    deadline = time.monotonic() + 60
    while process.poll() is None and not visits_in_the_making(dsn):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with Database(dsn, max_size=2) as db:
        while db.row("""select count(*) as n from pg_stat_activity where datname = current_database()
                        and pid <> pg_backend_pid() and state <> 'idle'""")["n"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert replaceable(db)["status"] == "planned"
        assert db.row("select status from draws where kind = 'replacement'") == {"status": "frozen"}
        assert db.rows("select 1 from list_visits") == []
        with psycopg.connect(dsn) as connection:
            connection.execute("drop trigger slow on inspections")
        told = [process.communicate(timeout=60) for process in [start(dsn, frozen["draw_no"]) for _ in range(2)]]
        assert sorted("already" in out for out, _ in told) == [False, True], told
        made = [visit for visit in visits(db) if visit["draw_no"] == frozen["draw_no"]]
        assert len(made) == 1
        assert replaceable(db)["status"] == "cancelled"
        assert all(agrees for _, agrees, _ in chain.check(db))
