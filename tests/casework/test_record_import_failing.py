"""An import that fails leaves nothing, whatever fails; two at once, and a person beside one, do not disturb it."""

from __future__ import annotations

import datetime as dt
import gc
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from casework.errors import CaseworkError
from casework.record_import import KINDS, import_record, importing
from casework.visit_loading import Loading
from registry.errors import FileRefused
from registry.table_file import Limits
from store import Database
from tests.casework.city import build_city

TODAY = dt.date(2026, 3, 12)
_HEADER = "inspection_no,unit_no,kind,inspected_on,result,officers"


@pytest.fixture
def city(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A city into which files come by few rows at a time: several statements, as of a long file."""
    monkeypatch.setattr(importing, "_FIRST", 500)
    monkeypatch.setattr(importing, "_BATCH", 500)
    build_city(db)
    return db


def visits(folder: Path, rows: int, name: str = "visits.csv", last: str = "") -> Path:
    path = folder / name
    path.write_text("\n".join([_HEADER, *(f"J{n},U{1 + n % 2},draw,2024-05-{1 + n % 28:02},pass,B1;B2"
                                          for n in range(rows)), *([last] if last else [])]) + "\n", encoding="utf-8")
    return path


def nothing_stands(db: Database) -> bool:
    return not db.rows("select 1 from inspections union all select 1 from inspection_officers"
                       " union all select 1 from audit_log where entity = 'record'")


def test_a_file_that_breaks_off_late_leaves_nothing(city: Database, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="more than 1600 rows"):
        import_record(city, "inspections", visits(tmp_path, 1700), actor="w", day=TODAY, limits=Limits(rows=1600))
    with pytest.raises(FileRefused, match="quotation marks"):
        import_record(city, "inspections", visits(tmp_path, 1700, last='J9,"U1'), actor="w", day=TODAY)
    assert nothing_stands(city)


def test_an_interrupted_import_leaves_nothing(city: Database, tmp_path: Path) -> None:
    usual, turns = sys.getswitchinterval(), list[float]()

    def interrupt(done: int, _total: int) -> None:
        turns.append(sys.getswitchinterval())
        if done >= 1500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_record(city, "inspections", visits(tmp_path, 2500), actor="w", day=TODAY, progress=interrupt)
    assert nothing_stands(city)
    assert gc.get_threshold()[0] < 100_000
    assert (sys.getswitchinterval(), max(turns) < usual) == (usual, True)


def test_a_server_that_goes_in_the_middle_leaves_nothing(city: Database, tmp_path: Path) -> None:
    def kill(done: int, _total: int) -> None:
        if done == 1500:
            city.rows("select pg_terminate_backend(pid) from pg_stat_activity where state like 'idle in%%'"
                      " or query ilike 'copy%%'")

    with pytest.raises(psycopg.OperationalError):
        import_record(city, "inspections", visits(tmp_path, 2500), actor="w", day=TODAY, progress=kill)
    assert nothing_stands(city)


def test_two_files_at_once_come_in_as_one_after_the_other(city: Database, tmp_path: Path) -> None:
    files = [visits(tmp_path, 1200, "a.csv"), visits(tmp_path, 1500, "b.csv")]
    told: list[Any] = []

    def bring(path: Path) -> None:
        told.append(import_record(city, "inspections", path, actor="w", day=TODAY))

    both = [threading.Thread(target=bring, args=[path]) for path in files]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(one.inserted for one in told) == 1500
    assert sum(one.unchanged for one in told) == 1200
    assert all(not one.rejected for one in told)
    assert city.rows("select count(*) as visits, count(distinct inspection_no) as numbers,"
                     " (select count(*) from inspection_officers) as officers from inspections") == [
        {"visits": 1500, "numbers": 1500, "officers": 3000}]


def test_a_number_that_a_person_enters_meanwhile_is_that_persons(city: Database, tmp_path: Path,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    insert, entered = Loading._insert, list[str]()

    def late(self: Loading, laid: Any, fresh: Any) -> int:
        if not entered:  # between the look and the COPY
            entered.append("J7")
            city.rows("insert into inspections (inspection_no, unit_id, kind, inspected_on, status)"
                      " select 'J7', min(unit_id), 'draw', '2024-01-01', 'done' from units returning 1")
        return insert(self, laid, fresh)

    monkeypatch.setattr(Loading, "_insert", late)
    told = import_record(city, "inspections", visits(tmp_path, 700), actor="w", day=TODAY)
    assert (told.inserted, [one.reason for one in told.rejected]) == (
        699, ["the inspection J7 was entered by a person and stays as it is"])
    assert city.rows("select source from inspections where inspection_no = 'J7'") == [{"source": "manual"}]


def test_rows_that_stand_after_many_that_do_not_are_found(city: Database, tmp_path: Path) -> None:
    """Behind rows that are new the next are written without a look: what stands undoes them, and they are looked at."""
    whole = visits(tmp_path, 2000)
    lines = whole.read_text(encoding="utf-8").splitlines()
    part = tmp_path / "part.csv"
    part.write_text("\n".join([_HEADER, *lines[1400:1500]]) + "\n", encoding="utf-8")
    assert import_record(city, "inspections", part, actor="w", day=TODAY).inserted == 100
    told = import_record(city, "inspections", whole, actor="w", day=TODAY)
    assert (told.inserted, told.unchanged, told.rejected) == (1900, 100, [])
    assert city.rows("select count(*) as officers from inspection_officers") == [{"officers": 4000}]


def test_numbers_that_never_stand_still_are_one_sentence(city: Database, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    def always(self: Loading, _laid: Any, _fresh: Any) -> int:
        city.rows("insert into inspections (inspection_no, unit_id, kind, inspected_on, status)"
                  " select 'X', min(unit_id), 'draw', '2024-01-01', 'done' from units"
                  " on conflict do nothing returning 1")
        self._connection.execute("insert into inspections (inspection_no, unit_id, kind, inspected_on, status)"
                                 " select 'X', min(unit_id), 'draw', '2024-01-01', 'done' from units")
        return 0

    monkeypatch.setattr(Loading, "_insert", always)
    with pytest.raises(CaseworkError, match="bring it in again later"):
        import_record(city, "inspections", visits(tmp_path, 10), actor="w", day=TODAY)
    assert city.rows("select 1 from inspections where inspection_no <> 'X'") == []


def test_what_is_wrong_in_a_long_file_is_told_by_line_and_the_rest_comes_in(city: Database, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    lines = [f"J{n},{'U9' if n == 1100 else 'U1'},draw,{'soon' if n == 600 else '2024-05-06'},pass,"
             f"{'B1;B9' if n == 1200 else 'B2'}" for n in range(1500)]
    path.write_text("\n".join([_HEADER, *lines, "J3,U1,draw,2024-05-06,pass,"]) + "\n", encoding="utf-8")
    told = import_record(city, "inspections", path, actor="w", day=TODAY)
    assert (told.total, told.inserted) == (1501, 1497)
    assert [(one.line, one.column, one.value) for one in told.rejected] == [
        (602, "inspected_on", "soon"), (1102, "unit_no", "U9"), (1202, "officers", "B9"), (1502, "inspection_no", "J3")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_bad_rows_alone_is_rejected_row_by_row(city: Database, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bad.csv"
    columns = KINDS[kind].table.columns
    path.write_text("\n".join([",".join(one.code for one in columns), *[",".join(["?!"] * len(columns))] * 2]) + "\n",
                    encoding="utf-8")
    told = import_record(city, kind, path, actor="w", day=TODAY)
    assert (told.total, told.accepted, {one.line for one in told.rejected}) == (2, 0, {2, 3})
