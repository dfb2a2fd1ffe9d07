"""A town whose departments draw together: directories of the police and the market regulator, read from files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sampling import entropy
from sampling.lists import directories
from store import Database
from tests.sampling.city import city, store, town
from tests.sampling.lists.town import MONDAY, NOON

SUNDAY_NOON = NOON - dt.timedelta(days=1)
USCC = "91350211M000100Y46"

DEPARTMENTS = "部门代码,部门名称\npolice,公安\nmarket,市场监管\n"
OFFICERS = "department,officer_no,name,can_lead,daily_visits\n" + "".join(
    f"{code},P{n},{code}{n},{'是' if n % 2 else '否'},3\n" for code in ("police", "market") for n in range(4))
OBJECTS = "department,object_no,name,unit_no,uscc,area_code,item,risk_class\n" + "".join(
    f"police,H{n},旅馆{n},{f'U{n:05d}' if n < 6 else ''},{USCC if n == 6 else ''},{town(1)},旅馆业,B\n"
    for n in range(12)
) + "police,K1,歌厅,,,,娱乐,C\nnobody,X1,某店,,,,旅馆业,\npolice,X2,某店,,123,,旅馆业,E\n"
PLAN = ("年度,抽查事项,发起部门,配合部门,抽查比例,抽查数量\n"
        "2026,旅馆业,police,fire;market,50%,\n2026,双,police,fire,5%,3\n")


@pytest.fixture
def joined(db: Database, tmp_path: Path) -> Database:
    store(db, city(21, units=60, officers=8, day=MONDAY, visited=0), scores_as_of=MONDAY - dt.timedelta(days=1))
    with db.connection() as connection:
        entropy.new_year(connection, MONDAY.year)
        connection.execute("update units set uscc = %s where unit_no = 'U00030'", [USCC])
        connection.execute("insert into officer_recusals select 'O001', unit_id, 'kin' from units"
                           " where unit_no = 'U00001' on conflict do nothing")
    for noun, text in (("departments", DEPARTMENTS), ("officers", OFFICERS), ("objects", OBJECTS), ("plan", PLAN)):
        file = tmp_path / f"{noun}.csv"
        file.write_text(text, encoding="utf-8")
        taken = directories.take_file(db, noun, file, actor="wang", now=NOON)
        if noun == "objects":
            assert (taken.total, taken.stored) == (15, 13)
            assert {(row["line"], row["column"]) for row in taken.rejected} == {
                (15, "department"), (16, "uscc"), (16, "risk_class")}
        elif noun == "plan":
            assert (taken.total, taken.stored) == (2, 1)
            assert taken.rejected[0]["reason"] == "say either a share or a number of visits"
        else:
            assert taken.stored == taken.total
    return db
