"""Complaints, penalties and fires entered from the page of their unit, once each, by those who may."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.conftest import House

COMPLAINT = {"day": "2026-12-07", "time": "08:30", "kind": "blocked_exit", "channel": "96119", "note": "安全出口上锁"}
PENALTY = {"day": "2026-12-04", "kind": "fine", "article": "消防法第60条", "amount": "8000",
           "first": "O0", "second": "O1"}
FIRE = {"day": "2026-12-06", "time": "21:10", "kind": "simple", "note": "电动车起火"}


def _unit(house: House, unit_no: str = "U0001") -> int:
    row = house.db.row("select unit_id from units where unit_no = %s", [unit_no])
    assert row
    return int(row["unit_id"])


def _count(house: House, table: str) -> int:
    rows = {"complaints": "select count(*) as n from complaints", "penalties": "select count(*) as n from penalties",
            "fires": "select count(*) as n from fires"}
    row = house.db.row(rows[table])
    assert row
    return int(row["n"])


@pytest.mark.parametrize(("noun", "table", "form", "said"), [
    ("complaint", "complaints", COMPLAINT, "投诉已录入"), ("penalty", "penalties", PENALTY, "处罚已录入"),
    ("fire", "fires", FIRE, "火灾已录入")])
def test_an_entry_is_stored_and_the_unit_says_its_next_score(house: House, noun: str, table: str,
                                                             form: dict[str, str], said: str) -> None:
    client, proof = house.browser_like("brigade")
    unit, before = _unit(house), _count(house, table)
    assert "录入" in client.get(f"/units/{unit}/enter/{noun}").text
    done = client.post(f"/units/{unit}/enter/{noun}", data={**form, "csrf": proof})
    assert done.status_code == 303, done.text
    page = client.get(done.headers["location"]).text
    assert said in page
    assert "data-next-score" in page
    assert _count(house, table) == before + 1
    again = client.post(f"/units/{unit}/enter/{noun}", data={**form, "csrf": proof})
    assert again.status_code == 409
    assert "不能重复录入" in again.text
    assert _count(house, table) == before + 1


def test_a_form_sent_twice_at_once_is_one_entry(house: House) -> None:
    client, proof = house.browser_like("brigade")
    address, before = f"/units/{_unit(house)}/enter/complaint", _count(house, "complaints")
    form = {**COMPLAINT, "csrf": proof}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: client.post(address, data=form).status_code, range(2)))
    assert sorted(answers) == [303, 409]
    assert _count(house, "complaints") == before + 1


def test_a_complaint_is_checked_once_and_takes_points(house: House) -> None:
    client, proof = house.browser_like("town")
    unit = _unit(house)
    page = client.get(f"/units/{unit}").text
    assert f"/units/{unit}/enter/check?number=T-U0001" in page
    form = {"csrf": proof, "number": "T-U0001", "day": "2026-12-07", "time": "09:00", "verified": "true"}
    assert client.get(f"/units/{unit}/enter/check?number=T-U0001").status_code == 200
    assert client.post(f"/units/{unit}/enter/check", data=form).status_code == 303
    assert "投诉 T-U0001 已经核查过" in client.post(f"/units/{unit}/enter/check", data=form).text
    assert "<b>92</b>" in client.get(f"/units/{unit}").text.replace("<b>92.0</b>", "<b>92</b>")
    other = _unit(house, "U0003")
    assert client.post(f"/units/{other}/enter/check", data=form).status_code == 404


def test_a_withdrawn_penalty_gives_its_points_back(house: House) -> None:
    client, proof = house.browser_like("brigade")
    unit = _unit(house)
    standing = house.client("brigade").get(f"/api/v1/units/{unit}/record").json()["credit_standing"]
    assert standing == {"balance": 94.0, "rating": "fair", "zh": "一般", "en": "fair"}
    form = {"csrf": proof, "number": "C-U0001", "day": "2026-12-07", "note": "复议撤销"}
    assert "C-U0001" in client.get(f"/units/{unit}/enter/withdrawal?number=C-U0001").text
    done = client.post(f"/units/{unit}/enter/withdrawal", data=form)
    assert done.status_code == 303, done.text
    page = client.get(done.headers["location"]).text
    assert "处罚已撤销" in page
    assert "100.0" in page
    assert client.post(f"/units/{unit}/enter/withdrawal", data=form).status_code == 409


@pytest.mark.parametrize(("noun", "form", "change", "said"), [
    ("complaint", COMPLAINT, {"day": "2026-12-08"}, "晚于现在"),
    ("complaint", COMPLAINT, {"kind": "dragons"}, "无法保存"),
    ("complaint", COMPLAINT, {"day": ""}, "应为时间"),
    ("penalty", PENALTY, {"second": ""}, "法律要求至少 2 名"),
    ("penalty", PENALTY, {"second": "O0"}, "填了两次"),
    ("penalty", PENALTY, {"amount": ""}, "罚款必须填写金额"),
    ("penalty", PENALTY, {"amount": "-1"}, "金额应大于 0"),
    ("penalty", PENALTY, {"kind": "warning"}, "只有罚款填写金额"),
    ("penalty", PENALTY, {"day": "2026-12-08"}, "晚于今天"),
    ("fire", FIRE, {"day": "2027-01-01"}, "晚于现在"),
    ("fire", FIRE, {"kind": ""}, "缺少")])
def test_a_mistake_is_a_chinese_sentence_and_keeps_what_was_typed(house: House, noun: str, form: dict[str, str],
                                                                  change: dict[str, str], said: str) -> None:
    client, proof = house.browser_like("brigade")
    given: dict[str, Any] = {**form, **change, "csrf": proof}
    refused = client.post(f"/units/{_unit(house)}/enter/{noun}", data=given)
    assert refused.status_code in (400, 404), refused.text
    assert said in refused.text
    assert form.get("note", "8000") in refused.text or "amount" in change
    english = client.post(f"/units/{_unit(house)}/enter/{noun}?lang=en", data=given).text
    assert said not in english


def test_decisions_are_the_brigades_and_cases_those_of_the_area(house: House) -> None:
    unit = _unit(house)
    for role in ("town", "officer"):
        client, proof = house.browser_like(role)
        assert "enter/penalty" not in client.get(f"/units/{unit}").text
        assert client.get(f"/units/{unit}/enter/penalty").status_code == 403
        assert client.post(f"/units/{unit}/enter/penalty", data={**PENALTY, "csrf": proof}).status_code == 403
        assert client.post(f"/units/{unit}/enter/withdrawal",
                           data={"number": "C-U0001", "csrf": proof}).status_code == 403
    client, proof = house.browser_like("far")
    assert client.post(f"/units/{unit}/enter/fire", data={**FIRE, "csrf": proof}).status_code == 404
    api = house.client("far")
    assert api.post("/api/v1/penalties/C-U0001/withdrawal",
                    json={"withdrawn_on": "2026-12-07", "reason": "x"}).status_code == 404
    assert api.post("/api/v1/fires", json={"unit_no": "U0001", "occurred_at": "2026-12-06T21:10:00+08:00",
                                           "procedure": "simple"}).status_code == 404
    client, _ = house.browser_like("brigade")
    assert client.post(f"/units/{unit}/enter/fire", data=FIRE).status_code == 403


def test_the_api_takes_a_fire_and_a_withdrawal(house: House) -> None:
    client = house.client("brigade")
    fire = {"unit_no": "U0001", "occurred_at": "2026-12-06T21:10:00+08:00", "procedure": "simple"}
    taken = client.post("/api/v1/fires", json=fire)
    assert taken.status_code == 201, taken.text
    assert taken.json()["fire_no"]
    assert taken.json()["next_score"] is not None
    assert client.post("/api/v1/fires", json=fire).status_code == 409
    withdrawal = {"withdrawn_on": "2026-12-07", "reason": "复议撤销"}
    moved = client.post("/api/v1/penalties/C-U0001/withdrawal", json=withdrawal)
    assert (moved.status_code, set(moved.json())) == (201, {"score_before", "next_score"})
