"""What the ranking finds, in which order, and what it says of units that have no score yet."""

import pytest

from tests.api import district
from tests.api.conftest import House


def test_units_stand_by_rank_and_pages_follow_each_other(shown: House) -> None:
    client = shown.client("administrator")
    whole = client.get("/api/v1/units?limit=500").json()
    assert [unit["rank"] for unit in whole["units"]] == list(range(1, whole["total"] + 1))
    assert sum(whole["by_class"].values()) == whole["total"] == 3 * district.UNITS_A_TOWN
    paged, after = [], ""
    while after is not None:
        answer = client.get(f"/api/v1/units?limit=10&after={after}").json()
        paged += answer["units"]
        after = answer["next"]
    assert paged == whole["units"]


def test_reasons_are_what_sets_a_unit_apart_from_an_average_one(shown: House) -> None:
    client = shown.client("administrator")
    units = client.get("/api/v1/units?limit=20").json()["units"]
    assert any(unit["reasons"] for unit in units)
    for unit in units:
        excess = [reason["excess"] for reason in unit["reasons"]]
        assert excess == sorted(excess, reverse=True)
        assert all(one > 0 for one in excess)
        assert len(excess) <= 3
    page, top = client.get("/ranking").text, units[0]["reasons"][0]
    assert top["zh"] in page
    assert top["en"] in client.get("/ranking?lang=en").text


def test_search_finds_by_name_number_and_credit_code(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("update units set uscc = '91990101MA000000XY' where unit_no = 'U0002'")
    client = house.client("administrator")
    for text, number in (("第003号", "U0003"), ("u0004", "U0004"), ("ma000000xy", "U0002")):
        units = client.get("/api/v1/units", params={"q": text}).json()["units"]
        assert [unit["unit_no"] for unit in units] == [number]


def test_signs_of_a_pattern_are_searched_as_they_are(shown: House) -> None:
    client = shown.client("administrator")
    for text in ("%", "_", "\\", "U0_03", "'; drop table units; --"):
        assert client.get("/api/v1/units", params={"q": text}).json()["total"] == 0


@pytest.mark.row(50)
def test_filters_narrow_and_the_count_by_class_leaves_the_class_out(shown: House) -> None:
    client = shown.client("administrator")
    everything = client.get("/api/v1/units?limit=500").json()
    for letter, count in everything["by_class"].items():
        answer = client.get(f"/api/v1/units?class={letter}&limit=500").json()
        assert answer["total"] == count == len(answer["units"])
        assert answer["by_class"] == everything["by_class"]
    key = client.get("/api/v1/units?key=true&crowded=false&kind=mall&area=990101&limit=500").json()["units"]
    assert key
    assert all(unit["is_key"] and not unit["is_crowded"] and unit["kind"] == "mall" for unit in key)
    direct = client.get("/api/v1/units?direct=true&limit=500").json()["units"]
    assert {unit["unit_no"] for unit in direct} >= {"U0003", "U1003", "U2003"}


def test_a_unit_without_a_score_stands_last_and_is_found(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("insert into units (unit_no, name, area_code, kind)"
                           " values ('NEW', '新开的宾馆', '990101001', 'hotel'),"
                           " ('NEW2', '也新', '990102001', 'hotel')")
    client = house.client("administrator")
    whole = client.get("/api/v1/units?limit=500").json()
    assert whole["total"] == 3 * district.UNITS_A_TOWN + 2
    assert [unit["unit_no"] for unit in whole["units"]][-2:] == ["NEW", "NEW2"]
    assert whole["units"][-1]["rank"] is None
    but_one = client.get(f"/api/v1/units?limit={3 * district.UNITS_A_TOWN + 1}").json()
    last = client.get(f"/api/v1/units?limit=10&after={but_one['next']}").json()
    assert (but_one["units"][-1]["unit_no"], [unit["unit_no"] for unit in last["units"]]) == ("NEW", ["NEW2"])
    assert last["next"] is None
    assert house.client("brigade").get("/api/v1/units?q=NEW").json()["total"] == 1
    page = client.get("/ranking?q=新开").text
    assert "未评分" in page
    unit = client.get("/api/v1/units?q=新开").json()["units"][0]["unit_id"]
    assert "还没有评分" in client.get(f"/units/{unit}").text


def test_scores_of_a_day_to_come_are_not_shown(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("insert into score_runs (as_of, model, policy_version, units, started_at)"
                           " values ('2026-12-08', 'scorecard', 'x', 1, now())")
    assert house.client("administrator").get("/api/v1/units").json()["as_of"] == "2026-12-07"
