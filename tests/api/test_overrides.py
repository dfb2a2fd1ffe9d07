"""Overrides: who may move which unit, what it does to the next scores, and how pages and command tell of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from click.testing import CliRunner

from huoyan.commands.overrides import show_overrides
from scoring import nightly
from store import Database
from tests.api import district
from tests.api.conftest import House, house_on
from tests.api.test_browser import _log_in

TOMORROW = district.DAY + dt.timedelta(days=1)
_ALL = "/api/v1/overrides"


@pytest.fixture(scope="module")
def town(copied: Callable[[], AbstractContextManager[str]]) -> Iterator[House]:
    """One loaded district for all of these tests; each moves units of its own."""
    with copied() as url, Database(url, max_size=4) as db, house_on(db) as house:
        yield house


def move(house: House, unit_no: str, role: str = "officer", **entry: Any) -> Any:
    return house.client(role).post(_ALL, json={
        "unit_no": unit_no, "direction": "up", "reason_code": "seen_on_site", "reason": "通道长期堵塞",
        "until_day": "2027-01-31", **entry})


def unit_id(house: House, unit_no: str) -> int:
    row = house.db.row("select unit_id from units where unit_no = %s", [unit_no])
    assert row
    return int(row["unit_id"])


def test_roles_and_areas_are_kept(town: House) -> None:
    refused = move(town, "U0006", "town")
    assert refused.status_code == 403
    assert move(town, "U2005").status_code == move(town, "U9999").status_code == 404
    for role in ("vendor", None):
        assert town.client(role).post(_ALL, json={}).status_code in (401, 403)
    made = move(town, "U2005", "far").json()["override_id"]
    address, why = f"{_ALL}/{made}/withdrawal", {"reason": "误操作"}
    assert town.client("officer").post(address, json=why).status_code == 404
    assert town.client("far").post(address, json=why).json()["withdrawn_by"] == "far"
    assert town.client("far").post(address, json=why).status_code == 409
    lines = town.client("administrator").get(f"/api/v1/audit?entity=override&entity_id={made}").json()["lines"]
    assert [(line["actor"], line["action"]) for line in lines] == [("far", "withdraw"), ("far", "move_up")]


@pytest.mark.parametrize("entry", [
    {"direction": "sideways"}, {"classes": 2}, {"classes": "x"}, {"reason_code": "corrected"}, {"reason": ""},
    {"until_day": "2026-12-07"}, {"until_day": "2028-01-01"}, {"until_day": "soon"}, {"extra": 1},
    {"unit_no": "U0003", "direction": "down", "reason_code": "other"},
])
def test_an_entry_that_can_not_be_used_is_refused_in_one_sentence(town: House, entry: dict[str, Any]) -> None:
    answer = move(town, entry.pop("unit_no", "U0007"), **entry)
    assert answer.status_code in (400, 422), answer.text
    assert set(answer.json()) == {"error"}
    assert not town.db.rows("select 1 from overrides join units using (unit_id) where unit_no in ('U0007', 'U0003')")


def test_a_unit_is_moved_on_its_page_by_keyboard(town: House, browser: Callable[..., Any]) -> None:
    page, complaints = _log_in(browser(), town, "officer")
    page.goto(f"{town.address}/units/{unit_id(town, 'U0009')}")
    page.locator(".unit-override summary").focus()
    page.keyboard.press("Enter")
    page.locator("[name=move][value=up-1]").focus()
    page.keyboard.press("Space")
    page.locator("[name=reason_code]").select_option("seen_on_site")
    page.fill("[name=until_day]", "2027-01-31")
    page.fill(".unit-override [name=reason]", "夜间多次锁闭安全出口")
    page.locator(".unit-override [name=reason]").press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".overridden >> text=人工上调一级")
    assert "夜间多次锁闭安全出口" in page.inner_text(".unit-override")
    page.goto(town.address + "/overrides")
    page.wait_for_selector("#results >> text=夜间多次锁闭安全出口")
    assert complaints == []


def test_the_forms_keep_what_was_typed_and_a_withdrawal_ends_a_move(town: House) -> None:
    client, proof = town.browser_like("officer")
    unit = f"/units/{unit_id(town, 'U0010')}"
    fields = {"move": "up-1", "reason_code": "corrected", "reason": "<b>堵塞</b>", "until_day": "2027-01-31"}
    assert client.post(unit + "/override", data=fields).status_code == 403
    refused = client.post(unit + "/override", data={**fields, "csrf": proof})
    assert refused.status_code == 400
    for word in ("所选理由类别不适用于此调整方向", "&lt;b&gt;堵塞&lt;/b&gt;</textarea>",
                 '<option value="corrected" selected>'):
        assert word in refused.text
    assert client.post(unit + "/override", data={**fields, "csrf": proof, "move": ""}).status_code == 400
    assert client.post(unit + "/override", data={
        **fields, "csrf": proof, "reason_code": "other"}).status_code == 303
    made = client.get(f"{_ALL}?unit_id={unit.rsplit('/', 1)[1]}").json()["overrides"][0]["override_id"]
    other = f"/units/{unit_id(town, 'U0009')}/override/{made}/withdrawal"
    assert client.post(other, data={"csrf": proof, "reason": "误操作"}).status_code == 404
    assert client.post(f"{unit}/override/{made}/withdrawal", data={"csrf": proof, "reason": " "}).status_code == 400
    assert client.post(f"{unit}/override/{made}/withdrawal",
                       data={"csrf": proof, "reason": "误操作"}).status_code == 303
    assert "已撤销" in client.get(f"/overrides?state=ended&unit_id={unit.rsplit('/', 1)[1]}").text


def test_an_officer_moves_a_unit_of_its_area_and_the_next_scores_say_so(town: House) -> None:
    before = town.client("officer").get(f"/api/v1/units/{unit_id(town, 'U0005')}").json()["score"]
    assert before["override"] is None
    answer = move(town, "U0005")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["valid_from"], made["state"], made["made_by"]) == (str(TOMORROW), "to_come", "officer")
    assert town.client("town").get(_ALL).json()["overrides"][0]["override_id"] == made["override_id"]
    assert made["override_id"] not in [
        one["override_id"] for one in town.client("far").get(_ALL + "?state=all").json()["overrides"]]
    nightly.run(town.db, TOMORROW)
    row = town.db.row("select risk_class, class_before, score from scores where as_of = %s and override_id = %s",
                      [TOMORROW, made["override_id"]])
    assert row
    assert (row["class_before"], row["risk_class"]) == (before["risk_class"], chr(ord(before["risk_class"]) + 1))
    # The pages still stand on the day before: nothing of it has moved. (Logins of the day after end those of this one.)
    assert town.client("officer").get(f"/api/v1/units/{unit_id(town, 'U0005')}").json()["score"] == before
    with house_on(town.db, clock=lambda: district.NOW + dt.timedelta(days=1)) as later:
        told = later.client("officer").get(f"/api/v1/units/{unit_id(town, 'U0005')}").json()["score"]["override"]
        assert (told["class_before"], told["direction"], told["made_by"], told["until_day"]) == (
            before["risk_class"], "up", "officer", "2027-01-31")
        ranked = later.client("officer").get("/api/v1/units?q=U0005").json()["units"]
        assert [one["override"] for one in ranked] == [told]
        for address in ("/ranking?q=U0005", f"/units/{unit_id(town, 'U0005')}"):
            page = later.client("officer").get(address).text
            for word in ("人工上调一级", "现场所见", "通道长期堵塞", "officer", "2027-01-31"):
                assert word in page
            assert "moved up one class" in later.client("officer").get(address.rstrip("/") + (
                "&" if "?" in address else "?") + "lang=en").text
        for address in ("/api/v1/public/draws", "/public/draws", "/api/v1/public/draws/2026-12-07"):
            assert "override" not in later.client().get(address).text


def test_the_command_lists_overrides_and_judges_them(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", town.db.dsn)
    monkeypatch.setenv("COLUMNS", "240")
    answer = CliRunner().invoke(show_overrides, ["--date", str(TOMORROW), "--state", "all"])
    assert answer.exit_code == 0, answer.output
    for word in ("U0005", "通道长期堵塞", "上调 up", "too few to say", "no experiment"):
        assert word in answer.output
