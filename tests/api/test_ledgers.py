"""Ledgers: every page opens in both languages, every word is there, forms enter what REST enters and say why not."""

from __future__ import annotations

import re

import httpx
import pytest

from api.i18n import WORDS
from api.ledger_pages import LEDGERS
from tests.api.conftest import House

SHA = "ab" * 32


def test_every_column_field_and_choice_of_a_ledger_has_its_word() -> None:
    missing = set()
    for ledger in LEDGERS.values():
        names = {f"ledger.{ledger.key}", f"ledger.lead.{ledger.key}"}
        names |= {f"ledger.col.{column.name}" for column in ledger.columns}
        for act in ledger.acts:
            names.add(f"ledger.act.{act.key}")
            for field in act.fields:
                names.add(f"ledger.col.{field.name}")
                names |= {f"ledger.choice.{code}" for code in field.choices}
        missing |= names - set(WORDS)
    assert not missing


def test_every_ledger_opens_for_those_whose_it_is_in_both_languages(shown: House) -> None:
    for role in ("administrator", "brigade", "officer", "town"):
        client, _ = shown.browser_like(role)
        for ledger in LEDGERS.values():
            answer = client.get(f"/ledgers/{ledger.key}?lang=zh")
            assert answer.status_code == (200 if role in ledger.roles else 403), (role, ledger.key)
    client, _ = shown.browser_like("administrator")
    for ledger in LEDGERS.values():
        english = client.get(f"/ledgers/{ledger.key}?lang=en").text
        head = re.search(r"<h1>(.*?)</h1>", english)
        assert head
        assert head[1] == WORDS[f"ledger.{ledger.key}"][1].replace("’", "&#39;")
    assert client.get("/ledgers/no-such").status_code == 404
    for page, form in (("/credit?noun=repair", "credit-repairs"), ("/grid-leads", "grid-lead-entry")):
        assert f'href="/ledgers/{form}"' in client.get(page).text


def post(house: House, client: httpx.Client, proof: str, where: str, **fields: str) -> httpx.Response:
    return client.post(f"/ledgers/{where}", data={"csrf": proof, **fields})


def test_forms_enter_what_rest_enters_and_say_in_chinese_what_is_missing(house: House) -> None:
    client, proof = house.browser_like("administrator")
    rest = house.client("administrator")

    def enter(where: str, **fields: str) -> str:
        answer = post(house, client, proof, where, **fields)
        assert answer.status_code == 303, answer.text
        return client.get(answer.headers["location"]).text

    def refused(where: str, sentence: str, **fields: str) -> None:
        answer = post(house, client, proof, where, **fields)
        assert 400 <= answer.status_code < 500
        assert sentence in answer.text, answer.text

    refused("risk-areas/new", "检查一处", kind="area_hazard", area_code="990101001", name="电缆井", basis="x")
    page = enter("risk-areas/new", kind="area_hazard", area_code="990101001", name="电缆井", basis="x",
                 unit_nos="U0001\nU0002")
    assert "已保存" in page
    assert "电缆井" in page
    number = rest.get("/api/v1/risk-areas").json()["areas"][0]["risk_area_no"]
    page = client.get(f"/risk-areas/{number}?lang=zh").text
    assert "电缆井" in page
    assert "未检查" in page
    refused("risk-areas/end", "没有检查结果", risk_area_no=number, on="2026-12-07", reason="完成")

    enter("control-rooms/new", unit_no="U0001", name="甲某")
    assert rest.get("/api/v1/control-rooms?state=short").json()["units"][0]["share"] == 0
    enter("responsibilities/new", area_code="990101", body="brigade", basis="消防法", is_key="true")
    held = rest.get("/api/v1/responsibilities").json()["responsibilities"][0]["responsibility_id"]
    assert f">{held}<" in client.get("/ledgers/responsibilities").text.replace(" ", "").replace("\n", "")
    refused("responsibilities/end", "责任登记编号应为整数", responsibility_id="x", last="2026-12-08")
    refused("responsibilities/end", "没有责任登记 999", responsibility_id="999", last="2026-12-08")
    enter("responsibilities/end", responsibility_id=str(held), last="2026-12-08")
    assert rest.get("/api/v1/responsibilities").json()["responsibilities"][0]["to_day"] == "2026-12-08"
    refused("responsibilities/new", "部门名称", area_code="990101", body="department", basis="x")
    enter("coordination/new", area_code="990101", office="finance", name="乙某", post="副局长")
    enter("interviews/new", unit_no="U0001", held_at="2026-12-07T09:00", person="王某", role="manager",
          officers="O0 O1", topic="整改", minutes_uri="s3://m", minutes_sha256=SHA)
    refused("interviews/new", "须有笔录", unit_no="U0001", held_at="2026-12-07T09:00", person="王某", role="manager",
            officers="O0", topic="整改")
    enter("self-checks/new", unit_no="U0001", item_code=_item(rest), found_on="2026-12-01",
          reported_at="2026-12-01T09:00", photo_uri="s3://p", photo_sha256=SHA)
    made = rest.get("/api/v1/self-checks").json()["rows"][0]
    assert made["evidence"][0]["sha256"] == SHA
    enter("self-checks/correct", self_check_id=str(made["self_check_id"]), corrected_on="2026-12-02")
    enter("soft-measures/new", unit_no="U0001", kind="persuasion", taken_on="2026-12-01", officers="O0 O1")
    fire = {"fire_no": "H-U0002", "asked_on": "2026-12-01", "decided_at": "2026-12-05T10:00", "outcome": "upheld"}
    refused("fire-reviews/new", "集体议案", **fire)
    page = enter("fire-reviews/new", **fire, held_at="2026-12-05T09:00", members="O0 O1 O2", agreed="true",
                 minutes_uri="s3://m", minutes_sha256=SHA)
    assert "H-U0002" in page
    notice = {"unit_no": "U0001", "list": "general", "ground": "penalty", "facts": "罚款",
              "issued_at": "2026-12-01T09:00"}
    enter("credit-notices/new", **notice)
    number = rest.get("/api/v1/credit/notices").json()["rows"][0]["matter_no"]
    enter("credit-notices/step", matter_no=number, step="served", at="2026-12-02T09:00", how="direct")
    assert rest.get(f"/api/v1/credit/notices/{number}").json()["standing"] == "served"
    refused("credit-repairs/new", "C0", unit_no="U0001", target="penalty", ref="C0", applied_at="2026-12-02T09:00")
    refused("credit-objections/new", "C0", unit_no="U0001", target="penalty", ref="C0", received_at="2026-12-02T09:00",
            text="有误")
    rest.post("/api/v1/grids", json={"grid_code": "V1", "town_code": "990101001", "name": "村"}).raise_for_status()
    rest.post("/api/v1/grids", json={"grid_code": "G1", "town_code": "990101001", "village_code": "V1",
                                     "name": "格"}).raise_for_status()
    lead = {"grid_code": "G1", "place_kind": "small_shop", "place": "便利店", "found_at": "2026-12-07T08:00",
            "found_by": "网格员甲", "photo_ref": "s3://p", "lead_sha256": SHA}
    refused("grid-lead-entry/new", "须由网格员签名", **lead, task_codes="exits")
    refused("grid-lead-entry/step", "没有", lead_no="L0", step="told", at="2026-12-07T08:00")


def _item(rest: httpx.Client) -> str:
    return str(rest.get("/api/v1/registers/items").json()["rows"][0]["item_code"])


@pytest.mark.parametrize("role", ["officer", "town"])
def test_who_may_not_enter_sees_no_form_and_is_refused(shown: House, role: str) -> None:
    client, proof = shown.browser_like(role)
    assert 'action="/ledgers/responsibilities/new"' not in client.get("/ledgers/responsibilities").text
    assert post(shown, client, proof, "responsibilities/new", area_code="990101", body="brigade",
                basis="x").status_code == 403
    assert post(shown, client, proof, "assessment/new").status_code == 403
    assert 'action="/ledgers/interviews/new"' in client.get("/ledgers/interviews").text
