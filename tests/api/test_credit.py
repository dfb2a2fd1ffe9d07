"""The credit record through REST: told, listed, repaired; refused with the article before its time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casework.credit_record import export, nightly
from tests.api import district
from tests.api.conftest import House

NOTICE = {"unit_no": "U0004", "list": "serious", "ground": "major_hazard_overdue", "facts": "张某负责的三层通道被堵",
          "issued_at": "2026-11-16T09:00"}


def _post(client: Any, path: str, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/credit/{path}", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.row(77)
def test_a_unit_is_told_heard_and_listed(house: House) -> None:
    client = house.client("brigade")
    number = _post(client, "notices", **NOTICE)["matter_no"]
    assert number == "GZ20261116-0001"
    refused = _post(client, "listings", 409, notice_no=number, listed_at="2026-11-17T09:00")
    assert "no listing without prior notice" in refused["error"]
    _post(client, f"notices/{number}/steps", step="served", at="2026-11-16T10:00", how="direct")
    refused = _post(client, "listings", 409, notice_no=number, listed_at="2026-11-23T09:00")
    assert "until 2026-11-23: list it after that day" in refused["error"]
    assert [one["matter_no"] for one in client.get("/api/v1/credit/notices").json()["rows"]] == [number]
    late = client.get("/api/v1/credit/notices?state=late").json()["rows"]
    assert [(one["matter_no"], one["due_rule"]) for one in late] == [(number, "credit.views_given")]
    listed = _post(client, "listings", notice_no=number, listed_at="2026-11-24T09:00")
    assert (listed["list"], listed["from_day"], listed["earliest_on"], listed["until_on"]) == (
        "serious", "2026-11-24", "2027-11-24", "2029-11-24")
    assert len(listed["measures"]) == 7
    assert client.get("/api/v1/credit/notices?unit_no=U0004").json()["rows"] == []
    closed = client.get("/api/v1/credit/notices?unit_no=U0004&state=closed").json()["rows"]
    assert [one["standing"] for one in closed] == ["listed"]
    assert [one["listing_id"] for one in client.get("/api/v1/credit/listings?unit_no=U0004").json()["rows"]] == [
        listed["listing_id"]]
    _post(client, f"listings/{listed['listing_id']}/end", 409, to_day="2026-12-01", reason="x")
    assert house.client("far").get(f"/api/v1/credit/notices/{number}").status_code == 404
    assert house.client("far").get(f"/api/v1/credit/listings/{listed['listing_id']}").status_code == 404
    _post(house.client("far"), "notices", 404, **NOTICE)


@pytest.mark.row(79, 202)
def test_a_guide_tells_the_dates_by_which_an_application_is_judged(house: House) -> None:
    nightly.run(house.db, district.DAY)
    client = house.client("brigade")
    guide = client.get("/api/v1/credit/units/U0001/guide").json()
    entry = guide["entries"][0]
    assert (entry["ref"], entry["decided_on"], entry["earliest_on"], entry["until_on"], entry["may_apply"]) == (
        "C-U0001", "2026-08-03", "2027-08-03", "2029-08-03", False)
    assert entry["days_to_wait"] == 239
    assert [one["code"] for one in entry["papers"]][2] == "fine_receipt"
    refused = _post(client, "repairs", 409, unit_no="U0001", target="penalty", ref="C-U0001",
                    applied_at="2026-12-07T09:00", papers=[])
    assert "can be asked for from 2027-08-03 on" in refused["error"]
    house.db.rows("update penalties set decided_on = '2025-12-01' where case_no = 'C-U0001' returning 1")
    house.db.rows("update credit_publicity set decided_on = '2025-12-01', earliest_on = '2026-12-01' returning 1")
    number = _post(client, "repairs", unit_no="U0001", target="penalty", ref="C-U0001", applied_at="2026-12-01T09:00",
                   papers=["application", "certificate", "fine_receipt", "rectification", "promise", "mandate",
                           "identity"])["matter_no"]
    assert client.get("/api/v1/credit/units/U0001/guide").json()["entries"][0]["running"] == number
    accepted = _post(client, f"repairs/{number}/steps", step="accepted", at="2026-12-01T10:00")
    assert accepted["in_time"] is True
    told = {one["rule"]: one["due_at"] for one in accepted["clocks"]}
    assert told["credit.repair_decided"] == "2026-12-15T15:59:59.999999Z"
    chinese = client.post(f"/api/v1/credit/repairs/{number}/steps?lang=zh",
                          json={"step": "approved", "at": "2026-12-02T10:00", "approved_by": "O0"})
    assert (chinese.status_code, "不能进行“准予修复”" in chinese.json()["error"]) == (409, True)


@pytest.mark.parametrize(("path", "body"), [
    ("notices", {**NOTICE, "list": "red"}), ("notices", {**NOTICE, "facts": ""}),
    ("notices", {**NOTICE, "class": "A"}), ("repairs", {"unit_no": "U0001"}),
    ("listings", {"notice_no": "GZ0", "listed_at": "soon"})])
def test_a_form_that_is_not_one_is_422(shown: House, path: str, body: dict[str, Any]) -> None:
    _post(shown.client("brigade"), path, 422, **body)


def _listed(client: Any) -> dict[str, Any]:
    number = _post(client, "notices", **NOTICE)["matter_no"]
    _post(client, f"notices/{number}/steps", step="served", at="2026-11-16T10:00", how="direct")
    _post(client, f"notices/{number}/steps", step="waived", at="2026-11-16T11:00")
    return _post(client, "listings", notice_no=number, listed_at="2026-11-24T09:00")


@pytest.mark.row(200, 201, 203)
def test_the_public_sees_lists_decisions_and_promises_but_no_class(house: House) -> None:
    nightly.run(house.db, district.DAY)
    client, public = house.client("brigade"), house.client()
    listed = _listed(client)
    rows = public.get("/api/v1/public/credit").json()["rows"]
    assert {row["kind"] for row in rows} == {"serious", "penalty"}
    ours = next(row for row in rows if row["unit_no"] == "U0004")
    assert (ours["from_day"], ours["until_day"], ours["objected"]) == ("2026-11-24", "2029-11-24", False)
    assert ours["basis"].startswith("重大火灾隐患逾期未整改或未落实防范措施（")
    assert all(measure["basis"] for measure in ours["measures"])
    one = public.get(f"/api/v1/public/credit?kind=serious&q={ours['name']}").json()["rows"]
    assert [row["ref"] for row in one if row["unit_no"] == "U0004"] == [str(listed["listing_id"])]
    assert public.get("/api/v1/public/credit?q=nobody").json() == {"rows": [], "next": None}
    assert public.get("/api/v1/public/credit?kind=penalty&limit=1").json()["next"]
    _post(client, "objections", unit_no="U0004", target="listing", ref=listed["listing_id"],
          received_at="2026-12-01T09:00", text="已整改")
    again = public.get("/api/v1/public/credit?kind=serious").json()["rows"]
    assert {row["objected"] for row in again if row["unit_no"] == "U0004"} == {True}
    _post(client, "promises", unit_no="U0004", kind="credit", promised_on="2026-12-01", content="落实主体责任")
    assert [row["content"] for row in public.get("/api/v1/public/credit/promises").json()["rows"]] == ["落实主体责任"]
    for page in ("/public/credit", "/public/credit?lang=en&kind=penalty", "/public/credit/promises",
                 "/api/v1/public/credit"):
        text = public.get(page).text
        assert not [word for word in ("risk_class", "class-D", "score", "O0", NOTICE["facts"]) if word in text], page
    assert "严重失信" in public.get("/public/credit?lang=zh").text


@pytest.mark.row(73)
def test_the_account_of_a_unit_adds_up_on_every_face(house: House) -> None:
    nightly.run(house.db, district.DAY)
    client = house.client("brigade")
    account = client.get("/api/v1/credit/units/U0001").json()
    assert account["balance"] == account["start"] + sum(one["points"] for one in account["entries"]) == 94
    assert all(one["article"] and one["event_ref"] for one in account["entries"])
    told = _post(client, "foreign", unit_no="U0001", source_body="税务局", source_ref="7", bearing="good",
                 occurred_on="2026-11-01", content="A级纳税人")
    assert (told["foreign"][0]["source_body"], told["balance"]) == ("税务局", 94)
    _post(client, "foreign", 409, unit_no="U0001", source_body="税务局", source_ref="7", bearing="good",
          occurred_on="2026-11-01", content="A级纳税人")
    _post(client, "evaluations", 400, year=2026)
    assert _post(client, "evaluations", year=2025)["evaluated"] > 0
    graded = client.get("/api/v1/credit/evaluations?year=2025&limit=1").json()
    assert graded["rows"][0]["inputs"]["balance"] == 100
    assert graded["next"] == graded["rows"][0]["unit_id"]
    _listed(client)
    page = client.get(f"/credit/units/{account['unit_id']}?lang=zh").text
    assert "2027-08-03" in page
    assert "94.0" in page
    assert "税务局" in page
    assert "GZ20261116-0001" in client.get("/credit?state=closed").text
    whole = client.get("/credit/matters/GZ20261116-0001?lang=zh").text
    assert "放弃陈述申辩" in whole
    assert "按期办结" in whole
    assert client.get("/credit?noun=repair&lang=en").status_code == 200
    assert house.client("far").get("/api/v1/credit/units/U0001").status_code == 404


@pytest.mark.row(199)
def test_an_export_has_the_same_rows_in_both_forms(house: House) -> None:
    nightly.run(house.db, district.DAY)
    client = house.client("brigade")
    house.db.rows("update units set uscc = '91310000MA1FL0XX0A' where unit_no = 'U0001' returning 1")
    _post(client, "permits", unit_no="U0001", permit_no="XK1", kind="opening", decided_on="2026-12-01",
          content="=cmd()")
    period = "from_day=2026-01-01&to_day=2026-12-07"
    counts = {one["kind"]: one for one in client.get(f"/api/v1/credit/exports?{period}").json()["kinds"]}
    assert set(counts) == {"permit", "penalty", "inspection", "coercion"}
    for kind, one in counts.items():
        assert one["in"] == one["exported"] + sum(one["held"].values())
        told = client.get(f"/api/v1/credit/exports/{kind}?{period}").json()
        assert (told["in"], told["exported"], len(told["rows"])) == (one["in"], one["exported"], one["exported"])
        lines = client.get(f"/api/v1/credit/exports/{kind}?{period}&form=csv").text.removeprefix("\ufeff").splitlines()
        assert lines[0].split(",") == [field["code"] for field in told["fields"]]
        assert len(lines) == 1 + one["exported"]
    assert counts["penalty"]["exported"] == 1
    assert "'=cmd()" in client.get(f"/api/v1/credit/exports/permit?{period}&form=csv").text
    assert client.get("/api/v1/credit/exports/penalty?from_day=2024-01-01&to_day=2026-12-07").status_code == 400


def test_every_field_and_reason_of_the_export_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "credit-export.md").read_text(encoding="utf-8")
    assert not [field.code for fields in export.FIELDS.values() for field in fields if f"`{field.code}`" not in page]
    assert not [reason for reason in export.REASONS if f"`{reason}`" not in page]
