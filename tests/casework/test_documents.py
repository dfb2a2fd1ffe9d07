"""Documents of towns: whose name stands on them, and that an old one keeps its old text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from casework.delegation import documents
from casework.errors import AlreadyDone, CaseworkError, NotFound
from store import Database
from tests.casework.city import DAY, build_city, moment
from tests.casework.test_delegation import visit
from tests.casework.towns import TOWN, delegate, prepare


@pytest.fixture
def town(db: Database) -> Database:
    """The small district with an agreement of its town; U2 has an address."""
    build_city(db)
    delegate(db)
    prepare(db, "T1", "T2")
    db.rows("update units set address = '一街 3 号' where unit_no = 'U2' returning 1")
    return db


def printed(db: Database, ref: str, code: str = "inspection_record") -> dict[str, Any]:
    with db.connection() as connection:
        return documents.of_act(connection, ref, code, [TOWN])


@pytest.mark.row(3, 9, 13)
def test_a_delegated_order_prints_the_brigade_as_authority_and_the_town_as_agent(town: Database) -> None:
    number = visit(town, "U2", "exits.blocked").inspection_no
    order = printed(town, number, "order")
    assert (order["authority"], order["agent"]) == ("火眼区消防救援大队", "一街道人民政府")
    text = "\n".join(order["lines"])
    for word in ("火眼区消防救援大队", "受委托机关：一街道人民政府", "疏散通道被占用", f"{number}-G1 于 2026-03-19 前",
                 "小餐馆"):
        assert word in text
    record = "\n".join(printed(town, number)["lines"])
    for word in ("戊（C5）、己（C6）", "2026-03-12 09:00 至 2026-03-12 10:00", "一街 3 号", "责令改正",
                 "责任人：戊"):
        assert word in record
    with pytest.raises(NotFound, match="made no order"):
        printed(town, visit(town, "U2", hour=14).inspection_no, "order")


@pytest.mark.row(3)
def test_an_empowered_record_prints_the_town_alone(town: Database) -> None:
    delegate(town, regime="empowered", item_codes=["alarm.broken"], signed_on=DAY)
    record = printed(town, visit(town, "U2", "alarm.broken").inspection_no)
    assert (record["authority"], record["agent"]) == ("一街道人民政府", None)
    assert "消防救援大队" not in "".join(record["lines"])


@pytest.mark.row(13)
def test_a_record_that_lacks_a_field_is_not_printed(town: Database) -> None:
    number = visit(town, "U3").inspection_no
    with pytest.raises(CaseworkError, match=f"document of {number} lacks address") as refused:
        printed(town, number)
    assert refused.value.zh
    town.rows("update units set address = '二街' where unit_no = 'U3' returning 1")
    assert printed(town, number)["title"] == "镇消防安全检查记录"


@pytest.mark.row(32)
def test_an_old_document_keeps_the_template_of_its_day(town: Database) -> None:
    old, tomorrow = visit(town, "U2").inspection_no, DAY + dt.timedelta(days=1)
    before = printed(town, old)
    with pytest.raises(CaseworkError, match="from today"):
        documents.put_template(town, "inspection_record", "x", "y", DAY, tomorrow, "b")
    version = documents.put_template(town, "inspection_record", "新式检查记录", "{authority}：{number} {其他}",
                                     tomorrow, DAY, "b")
    new = visit(town, "U2", day=tomorrow, now=moment(tomorrow, 20)).inspection_no
    after = printed(town, new)
    assert (version, after["template"]["version"]) == (1, 1)
    assert after["lines"] == [f"火眼区消防救援大队：{new} {{其他}}"]
    assert printed(town, old) == before
    with pytest.raises(AlreadyDone):
        documents.put_template(town, "inspection_record", "again", "z", tomorrow, DAY, "b")


@pytest.mark.row(11, 32)
def test_an_agreement_is_printed_with_its_parties_powers_and_items(town: Database) -> None:
    number = town.rows("select agreement_no from agreements")[0]["agreement_no"]
    with town.connection() as connection:
        text = "\n".join(documents.of_agreement(connection, number, DAY, None)["lines"])
    for word in ("委托机关：火眼区消防救援大队", "监督检查、责令改正", "exits.blocked 疏散通道被占用",
                 "2026-01-05 至 2027-01-04", "不得再委托"):
        assert word in text
