"""List draws by page and REST, and what accounts of other areas and the public see of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

import sampling.draw
import sampling.freeze
from sampling import chain, verify
from store import Database
from tests.api import district
from tests.api.conftest import House, house_on

TUESDAY = district.DAY + dt.timedelta(days=1)
NOON = district.NOW


@pytest.fixture(scope="module")
def made(copied: Any) -> Iterator[tuple[House, dict[str, str]]]:
    """A district in which a campaign and a joint draw are drawn, both from pages, and a visit has been replaced."""
    with copied() as url, Database(url, max_size=4) as db, house_on(db) as house:
        db.rows("update officers set daily_visits = 6 returning 1")
        numbers = {}
        client, proof = house.browser_like("brigade")
        day = {"first_day": str(TUESDAY), "last_day": str(TUESDAY + dt.timedelta(days=2)), "csrf": proof}
        answer = client.post("/campaigns", data={**day, "title": "年底商场专项", "theme": "season", "visits": "3",
                                                 "kinds": ["mall"], "areas": [""], "drawn_by": "weight"})
        assert answer.status_code == 303, answer.text
        numbers["campaign"] = answer.headers["location"].rsplit("/", 1)[1]
        assert client.post(f"/campaigns/{numbers['campaign']}/freeze", data={"csrf": proof}).status_code == 303
        held = house.client("brigade").get(f"/api/v1/campaigns/{numbers['campaign']}").json()
        numbers["campaign_draw"] = held["draw_no"]
        answer = client.post(f"/list-draws/{held['draw_no']}/draw", data={"csrf": proof})
        assert answer.status_code == 303, answer.text
        _joint(house, numbers)
        visit = db.row("""select i.inspection_id, i.inspection_no from draw_visits v join inspections i using
            (inspection_id) join units u on u.unit_id = v.unit_id where u.area_code like '990101%%'
            order by (select coalesce(sum(g.units), 0) from draw_groups g where g.draw_id = v.draw_id
                      and g.stratum = v.stratum and g.reason = '') desc limit 1""")
        assert visit
        page = client.get(f"/inspections/{visit['inspection_id']}").text
        assert "更换单位或人员" in page
        answer = client.post(f"/inspections/{visit['inspection_id']}/replacement", data={
            "csrf": proof, "reason_code": "closed", "reason": "大门紧锁"})
        assert answer.status_code == 303, answer.text
        numbers |= {"replacement": answer.headers["location"].rsplit("/", 1)[1], "visit": str(visit["inspection_id"])}
        yield house, numbers


def _joint(house: House, numbers: dict[str, str]) -> None:
    client = house.client("administrator")
    for noun, rows in (("departments", [{"department": "police", "name_zh": "公安"}]),
                       ("officers", [{"department": "police", "officer_no": f"P{n}", "name": f"民警{n}"}
                                     for n in range(4)]),
                       ("objects", [{"department": "police", "object_no": f"H{n}", "name": f"旅馆{n}",
                                     "unit_no": f"U0{n:03d}", "item": "旅馆业"} for n in range(7, 13)])):
        answer = client.post(f"/api/v1/joint/{noun}/rows", json={"rows": rows})
        assert answer.json()["stored"] == len(rows), answer.text
    plan = "年度,抽查事项,发起部门,配合部门,抽查数量\n2026,旅馆业,police,fire,2\n"
    file = {"file": ("plan.csv", plan.encode(), "text/csv")}
    assert client.post("/api/v1/joint/plan/file", files=file).json()["stored"] == 1
    answer = client.post("/api/v1/joint-draws", json={
        "title": "旅馆业联合抽查", "item": "旅馆业", "launching": "police", "first_day": str(TUESDAY),
        "last_day": str(TUESDAY)})
    assert answer.status_code == 201, answer.text
    numbers["joint"] = answer.json()["list_no"]
    assert client.post(f"/api/v1/joint-draws/{numbers['joint']}/draw", json={}).status_code == 409
    frozen = client.post(f"/api/v1/joint-draws/{numbers['joint']}/freeze", json={}).json()
    drawn = client.post(f"/api/v1/joint-draws/{numbers['joint']}/draw", json={}).json()
    assert (drawn["draw_no"], drawn["visits"], drawn["status"]) == (frozen["draw_no"], 2, "drawn")
    numbers["joint_draw"] = frozen["draw_no"]


def test_every_page_of_a_list_draw_opens(made: tuple[House, dict[str, str]]) -> None:
    house, numbers = made
    client = house.client("brigade")
    for address, words in (
            ("/campaigns", ["年底商场专项", "ZX"]), (f"/campaigns/{numbers['campaign']}", ["商场市场", "存证与校验"]),
            ("/list-draws", ["更换", "年底商场专项"]), ("/list-draws?kind=joint", ["旅馆业联合抽查"]),
            (f"/list-draws/{numbers['replacement']}", ["大门紧锁", "D20261207"]),
            (f"/list-draws/{numbers['campaign_draw']}", ["按风险类别加权"]),
            (f"/list-draws/{numbers['joint_draw']}", ["民警", "公安"]),
            (f"/list-draws/{numbers['joint_draw']}/check", ['data-check="ok"']),
            ("/draws/2026-12-07", [numbers["replacement"]]), (f"/inspections/{numbers['visit']}", ["由 R"]),
            ("/public/draws", ["部门联合"]), (f"/public/lists/{numbers['joint_draw']}", [numbers["joint_draw"]])):
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text[:500])
        assert not [word for word in words if word not in answer.text], address
    assert house.client("administrator").get(f"/joint-draws/{numbers['joint']}").status_code == 200
    assert "旅馆业" in house.client("administrator").get("/joint-draws?lang=en").text


def test_a_list_and_its_bundle_by_rest(made: tuple[House, dict[str, str]]) -> None:
    house, numbers = made
    client = house.client("brigade")
    rows = client.get("/api/v1/list-draws").json()
    assert {row["kind"] for row in rows} == {"replacement", "campaign", "joint"}
    assert [row["sequence"] for row in rows] == sorted((row["sequence"] for row in rows), reverse=True)
    held = client.get(f"/api/v1/list-draws/{numbers['replacement']}").json()
    assert held["visits"][0]["stands_for"] == held["reason"]["unit"]
    for draw_no in (numbers["campaign_draw"], numbers["joint_draw"]):
        content = client.get(f"/api/v1/list-draws/{draw_no}/bundle").content
        told = client.get(f"/api/v1/list-draws/{draw_no}").json()
        assert verify.check(content, told["commitment"])[0] == 0
        assert client.get(f"/api/v1/list-draws/{draw_no}/check").json() == {"ok": True, "problem": None}
    assert client.get("/api/v1/list-draws/R20261207-77").status_code == 404
    assert all(agrees for _, agrees, _ in chain.check(house.db))
    day = client.get("/api/v1/draws/2026-12-07").json()
    assert [row["draw_no"] for row in day["replaced"]] == [numbers["replacement"]]
    assert [row["draw_no"] for row in client.get("/api/v1/draws").json()] == ["D20261207"]


def test_a_visit_of_several_departments_is_replaced_from_its_list(made: tuple[House, dict[str, str]]) -> None:
    house, numbers = made
    client, proof = house.browser_like("administrator")
    first = client.get(f"/api/v1/list-draws/{numbers['joint_draw']}").json()
    one, other = first["visits"]
    for address in (f"/list-draws/{numbers['joint_draw']}", f"/joint-draws/{numbers['joint']}"):
        page = client.get(address).text
        assert f'action="/list-draws/{numbers["joint_draw"]}/replacement"' in page
        assert all(f'value="{team["department"]}/{team["lead"]}"' in page for team in one["teams"])
    police = next(team for team in one["teams"] if team["department"] == "police")
    form = {"csrf": proof, "object_no": one["object_no"], "reason_code": "officer_ill", "reason": "发热",
            "officer": f"police/{police['lead']}"}
    answer = client.post(f"/list-draws/{numbers['joint_draw']}/replacement", data=form)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"]).text
    assert "沿用原抽取人员的部门" in page
    assert "消防救援机构" in page
    told = client.get(f"/api/v1{answer.headers['location']}").json()
    assert [row["department"] for row in told["departments"]] == ["police"]
    assert [(row["department"], row["draw_no"]) for row in told["standing"]] == [("fire", numbers["joint_draw"])]
    assert told["visits"][0]["inspection_no"] == one["inspection_no"]
    listed = client.get(f"/list-draws/{numbers['joint_draw']}").text
    assert f"由 {told['draw_no']} 更换" in listed
    refused = client.post(f"/list-draws/{numbers['joint_draw']}/replacement", data={**form, "reason_code": "closed"})
    assert refused.status_code == 409
    assert "针对单位" in refused.text
    answer = house.client("administrator").post("/api/v1/replacements", json={
        "reason_code": "closed", "reason": "停业", "draw_no": numbers["joint_draw"], "object_no": other["object_no"]})
    assert answer.status_code == 201, answer.text
    new = client.get(f"/api/v1/list-draws/{answer.json()[0]['draw_no']}").json()
    assert [row["department"] for row in new["departments"]] == ["police", "fire"]
    assert new["visits"][0]["object_no"] not in {one["object_no"], other["object_no"]}
    assert client.get(f"/api/v1/list-draws/{new['draw_no']}/check").json() == {"ok": True, "problem": None}


def test_the_day_after_says_what_lists_took_of_it(made: tuple[House, dict[str, str]]) -> None:
    house, numbers = made
    sampling.freeze.run(house.db, TUESDAY, NOON)
    sampling.draw.run(house.db, TUESDAY, NOON + dt.timedelta(hours=20))
    taken = house.client("brigade").get(f"/api/v1/draws/{TUESDAY}").json()["taken"]
    assert {(row["draw_no"], row["kind"]) for row in taken} == {
        (numbers["campaign_draw"], "campaign"), (numbers["joint_draw"], "joint")}
    page = house.client("brigade").get(f"/draws/{TUESDAY}").text
    assert "当日名单检查" in page
    assert "年底商场专项" in page


def test_another_district_and_the_public_see_nothing_of_it(made: tuple[House, dict[str, str]]) -> None:
    house, numbers = made
    far = house.client("far")
    for address in (f"/api/v1/campaigns/{numbers['campaign']}", f"/api/v1/list-draws/{numbers['replacement']}",
                    f"/api/v1/list-draws/{numbers['campaign_draw']}/check", f"/list-draws/{numbers['replacement']}",
                    f"/campaigns/{numbers['campaign']}", f"/joint-draws/{numbers['joint']}"):
        assert far.get(address).status_code == 404, address
    assert far.get("/api/v1/campaigns").json()["lists"] == []
    assert far.get("/api/v1/list-draws").json() == []
    assert far.get(f"/api/v1/list-draws/{numbers['campaign_draw']}/bundle").status_code == 403
    visit = house.db.row("select inspection_no from inspections where inspection_id = %s", [numbers["visit"]])
    assert visit
    body = {"reason_code": "closed", "reason": "x", "inspection_no": visit["inspection_no"]}
    assert far.post("/api/v1/replacements", json=body).status_code == 404
    told = house.client("brigade").post("/api/v1/replacements", json=body).json()
    assert told[0]["draw_no"] == numbers["replacement"]
    public = house.client()
    for address in (f"/public/lists/{numbers['replacement']}", f"/api/v1/public/lists/{numbers['replacement']}",
                    "/public/draws", "/api/v1/public/draws"):
        text = public.get(address).text
        for word in ("大门紧锁", "risk_class", "probability", "检查员", "年底商场专项"):
            assert word not in text, (address, word)
    rows = public.get("/api/v1/public/draws").json()
    assert {row["kind"] for row in rows} >= {"daily", "replacement", "campaign", "joint"}
    assert [row["sequence"] for row in public.get(f"/api/v1/public/draws?below={rows[1]['sequence']}").json()] == [
        row["sequence"] for row in rows[2:]]


def test_what_is_refused_says_so_on_the_page(made: tuple[House, dict[str, str]]) -> None:
    house, _ = made
    client, proof = house.browser_like("brigade")
    answer = client.post("/campaigns", data={"csrf": proof, "title": "x", "first_day": "2026-01-01",
                                             "last_day": "2026-01-02"})
    assert answer.status_code == 409
    assert "检查期应自今日" in answer.text
    body = {"reason_code": "bored", "reason": "x", "inspection_no": "J1"}
    assert "is no reason" in house.client("brigade").post("/api/v1/replacements", json=body).json()["error"]
    for role in ("officer", "town"):
        assert house.client(role).post("/api/v1/replacements", json=body).status_code == 403
    assert house.client("brigade").post("/api/v1/joint/plan/rows", json={"rows": []}).status_code == 403
