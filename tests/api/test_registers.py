"""Registers as lists and as files, the telemetry behind a plot, the rules and the quarantine."""

import io

from api.quarantine import readable
from api.telemetry import limits
from api.units import waterfall
from tests.api import district
from tests.api.conftest import House

_HEAD = "unit_no,name,area_code,kind\n"


def test_an_import_lists_every_bad_row_and_stores_the_good_ones(house: House) -> None:
    text = _HEAD + "N1,新单位,990101001,hotel\nN2,坏单位,999999,hotel\nU0001,改名,990101001,dragon\n"
    client = house.client("administrator")
    answer = client.post("/api/v1/imports/units", files={"file": ("单位.csv", text.encode())})
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["total"], report["inserted"], report["rejected_rows"]) == (3, 1, 2)
    assert {problem["line"] for problem in report["rejected"]} == {3, 4}
    again = client.post("/api/v1/imports/units", files={"file": ("单位.csv", text.encode())}).json()
    assert (again["inserted"], again["updated"], again["unchanged"]) == (0, 0, 1)
    trace = house.db.row("select actor from audit_log where entity = 'unit' and entity_id = 'N1'")
    assert trace == {"actor": "administrator"}


def test_a_dry_run_by_page_stores_nothing(house: House) -> None:
    client, proof = house.browser_like("administrator")
    text = _HEAD + "N1,新单位,990101001,hotel\nN2,坏单位,999999,hotel\n"
    answer = client.post("/registers/import", data={"csrf": proof, "noun": "units", "dry_run": "true"},
                         files={"file": ("units.csv", text.encode())})
    assert answer.status_code == 200
    assert "999999" in answer.text
    assert house.db.row("select 1 from units where unit_no = 'N1'") is None


def test_a_file_that_is_no_table_is_refused_in_one_sentence(shown: House) -> None:
    client = shown.client("administrator")
    for name, content in (("units.pdf", b"%PDF"), ("units.csv", b"colour\nred\n"), ("units.xlsx", b"not a zip"),
                          ("units.csv", b"")):
        answer = client.post("/api/v1/imports/units", files={"file": (name, io.BytesIO(content))})
        assert answer.status_code in (400, 422), answer.text
        assert name in answer.json()["error"]


def test_an_export_is_within_the_areas_and_can_be_imported_again(house: House) -> None:
    text = house.client("brigade").get("/api/v1/exports/units").content
    lines = text.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 2 * district.UNITS_A_TOWN
    report = house.client("administrator").post("/api/v1/imports/units", files={"file": ("units.csv", text)}).json()
    assert (report["unchanged"], report["rejected_rows"]) == (2 * district.UNITS_A_TOWN, 0)


def test_telemetry_is_a_bounded_series_with_the_limits_of_policy(shown: House) -> None:
    unit = shown.db.row("select unit_id from units where unit_no = 'U0001'")
    assert unit
    client = shown.client("administrator")
    day = client.get(f"/api/v1/units/{unit['unit_id']}/telemetry?metric=water_pressure&span=24h").json()
    week = client.get(f"/api/v1/units/{unit['unit_id']}/telemetry?metric=water_pressure&span=7d").json()
    assert (day["unit"], day["high"]) == ("MPa", 1.6)
    assert 0 < len(day["series"][0]["points"]) < len(week["series"][0]["points"]) <= 400
    for _, mean, least, most in week["series"][0]["points"]:
        assert least <= mean <= most


def test_the_low_limit_of_water_pressure_goes_by_kind_and_height() -> None:
    assert limits("water_pressure", {"kind": "hotel", "height_m": 120.0}, district.DAY)[0] == 0.15
    assert limits("water_pressure", {"kind": "hotel", "height_m": 60.0}, district.DAY)[0] == 0.10
    assert limits("water_pressure", {"kind": "factory", "height_m": None}, district.DAY)[0] == 0.10
    assert limits("water_pressure", {"kind": "hotel", "height_m": None}, district.DAY)[0] == 0.07
    assert limits("humidity", {"kind": "hotel", "height_m": None}, district.DAY) == (None, None)


def test_the_waterfall_ends_at_the_score() -> None:
    steps, top = waterfall([{"feature": "a", "points": 12.5}, {"feature": "b", "points": -2.0},
                            {"feature": "c", "points": 30.0}])
    assert [step["feature"] for step in steps] == ["c", "a", "b"]
    assert [(step["left"], step["width"]) for step in steps] == [(0.0, 30.0), (30.0, 12.5), (40.5, 2.0)]
    assert top == 60


def test_the_contributions_of_a_unit_sum_to_its_score(shown: House) -> None:
    for unit in shown.client("administrator").get("/api/v1/units?limit=5").json()["units"]:
        score = shown.client("administrator").get(f"/api/v1/units/{unit['unit_id']}").json()["score"]
        assert abs(sum(one["points"] for one in score["contributions"]) - score["score"]) < 1e-9


def test_a_payload_is_shown_as_text_only_where_it_is_text() -> None:
    assert readable(b'{"a": 1}') == ('{"a": 1}', "text")
    assert readable("温度".encode()) == ("温度", "text")
    assert readable(b"\xff\x00") == ("ff 00", "hex")
    assert readable(b"a\x00b") == ("61 00 62", "hex")
    assert len(readable(b"x" * 10_000)[0]) == 2048
    # A cut in the middle of a letter must not turn a text into bytes.
    assert readable("火".encode() * 1000)[1] == "text"


def test_a_rule_is_shown_as_it_held_on_the_day(shown: House) -> None:
    client = shown.client("town")
    rule = client.get("/api/v1/policy?prefix=access.lockout_failures&day=2011-06-01").json()["rules"]
    assert [one["name"] for one in rule] == ["access.lockout_failures"]
    assert rule[0]["source"]
