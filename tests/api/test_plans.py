"""Plans on pages and by REST: who may adopt, who sees what, and what the public is shown."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import openpyxl
import pytest

from store import Database
from tests.api import district
from tests.api.conftest import House, house_on
from tests.api.test_browser import _log_in

_ALL, _PUBLIC = "/api/v1/plans", "/api/v1/public/plans"


@pytest.fixture(scope="module")
def town(copied: Callable[[], AbstractContextManager[str]]) -> Iterator[House]:
    """One district for all tests of this file; they draft plans of 2027 and revise none of 2026."""
    with copied() as url, Database(url, max_size=4) as db, house_on(db) as house:
        yield house


def test_an_administrator_drafts_adopts_and_publishes_and_a_brigade_of_one_district_does_not(town: House) -> None:
    client = town.client("administrator")
    made = client.post(_ALL, json={"year": 2027})
    assert made.status_code == 201, made.text
    assert (made.json()["plan_no"], made.json()["status"]) == ("Y2027-1", "draft")
    assert "2027" in client.get("/plans/Y2027-1").text
    brigade = town.client("brigade")
    for address, body in ((_ALL, {"year": 2027}), (f"{_ALL}/Y2027-1/adoption", {})):
        refused = brigade.post(address, json=body)
        assert refused.status_code == 403
        assert "every area" in refused.json()["error"]
    assert town.client("officer").post(f"{_ALL}/Y2027-1/adoption").status_code == 403
    assert client.get(f"{_ALL}/Y2027-1").json()["digest"] == made.json()["digest"], "a refused draft leaves nothing"
    assert town.client().get(f"{_PUBLIC}/Y2027-1").status_code == 404
    assert client.post(f"{_ALL}/Y2027-1/publication").status_code == 409
    assert client.post(f"{_ALL}/Y2027-1/adoption").json()["status"] == "adopted"
    assert client.post(f"{_ALL}/Y2027-1/publication").json()["status"] == "published"
    assert client.post(_ALL, json={"year": 2027}).status_code == 409
    assert client.post(_ALL, json={"year": 2027, "month": 1}).json()["content"]["basis"]["plan_no"] == "Y2027-1"


def test_an_account_sees_the_rows_of_its_areas_with_totals_of_these(town: House) -> None:
    whole = town.client("administrator").get(f"{_ALL}/Y2026-1").json()["content"]
    ours = town.client("brigade").get(f"{_ALL}/Y2026-1").json()["content"]
    assert {row["area"] for row in ours["rows"]} == set(district.TOWNS[district.OURS])
    quota = ours["totals"]["all"]["quota"]
    assert quota == sum(row["quota"] for row in ours["rows"]) < whole["totals"]["all"]["quota"]
    assert {area for desk in ours["desks"] for area in desk["covers"]} <= set(district.TOWNS[district.OURS])
    assert "salt" in whole
    assert "salt" not in ours
    told = town.client("town").get(f"{_ALL}/Y2026-1/progress").json()
    assert {row["area"] for row in told["area"]} == {district.TOWNS[district.OURS][0]}


def test_the_published_plan_shows_no_class_and_its_bytes_have_its_digest(town: House) -> None:
    client = town.client()
    told = client.get(f"{_PUBLIC}/Y2026-1").json()
    bare = client.get(f"{_PUBLIC}/Y2026-1/content").content
    assert hashlib.sha256(bare).hexdigest() == told["public_digest"]
    assert json.loads(bare) == told["content"]
    content = told["content"]
    parts = json.dumps([content["rows"], content["totals"], content["shortfalls"], content["areas"], told["results"]])
    for word in ("risk_class", '"class"', "score", "salt", "officer", "ratio", "probability"):
        assert word not in parts, word
    page = client.get("/public/plans/Y2026-1").text
    assert told["public_digest"] in page
    assert "疏散通道被堵塞" in page
    assert "draw.ratio.general" in page
    for word in ("class-A", "class-B", "class-C", "class-D", "内部"):
        assert word not in page, word
    for rule in told["content"]["rules"]:
        assert rule["name"] in page
        assert rule["tag"] in ("V", "V2", "C", "D", "M", "P")
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{_PUBLIC}/Y2026-1/table?form=xlsx").content))
    assert "力量" not in book.sheetnames
    assert "等级" not in client.get(f"{_PUBLIC}/Y2026-1/table").text
    assert "等级" in town.client("brigade").get(f"{_ALL}/Y2026-1/table").text


def test_results_are_published_by_month_as_they_are_entered(town: House) -> None:
    before = sum(row["visits"] for row in town.client().get(f"{_PUBLIC}/Y2026-1").json()["results"])
    town.db.rows("insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result) select "
                 "'P-' || unit_no, unit_id, 'draw', %s, 'done', 'hazards_ordered' from units where unit_no = 'U0001' "
                 "returning 1", [dt.date(2026, 12, 1)])
    rows = town.client().get(f"{_PUBLIC}/Y2026-1").json()["results"]
    assert sum(row["visits"] for row in rows) == before + 1
    assert {"month": 12, "kind": "general", "result": "hazards_ordered", "visits": 1} in rows
    assert "责令改正" in town.client().get("/public/plans/Y2026-1").text


def test_a_shortage_stands_at_the_top_in_plain_words(town: House) -> None:
    town.db.rows("update officers set certificate_to = '2027-06-30' where officer_no <> 'O8' returning 1")
    client, proof = town.browser_like("administrator")
    answer = client.post("/plans", data={"csrf": proof, "year": "2027", "month": "", "reason": "证件到期"})
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    for word in ("力量不足：缺", "现有力量可完成", "自 7 月起", "人执法证于 2027-06-30 到期", "个人日可补齐",
                 "证件到期"):
        assert word in page, word
    english = client.get(answer.headers["location"] + "?lang=en").text
    assert "short, from July; certificate of" in english
    assert client.post("/plans", data={"csrf": proof, "year": "2031"}).status_code == 409


def test_the_plan_is_read_and_adopted_in_a_browser(town: House, browser: Callable[..., Any]) -> None:
    town.client("administrator").post(_ALL, json={"year": 2026, "month": 12})
    page, complaints = _log_in(browser(1440, 900), town, "administrator")
    page.goto(town.address + "/plans")
    assert page.locator(".month").count() == 12
    assert "2026 年度检查计划" in page.inner_text("h1")
    page.goto(town.address + "/plans/M202612-1")
    page.click("text=审定")
    page.wait_for_selector(".head .status-adopted")
    page.goto(town.address + "/public/plans/Y2026-1")
    assert page.locator(".month rect").count() == 36
    assert complaints == []
