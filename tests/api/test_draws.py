"""The draw on its page: the visits, the check, the bundle, and what the public sees."""

import hashlib
import json

import pytest

from api import draw_check
from sampling import verify
from tests.api.conftest import House

DAY = "/api/v1/draws/2026-12-07"


def test_the_draw_lists_its_visits_with_officers_and_probabilities(shown: House) -> None:
    draw = shown.client("administrator").get(DAY).json()
    assert draw["status"] == "drawn"
    assert draw["visits"] == len(draw["list_of_visits"]) > 0
    for visit in draw["list_of_visits"]:
        assert visit["lead_officer"] != visit["second_officer"]
        assert 0 < visit["probability"] <= 1
        assert visit["inspection_id"]
    assert sum(stratum["units"] for stratum in draw["strata"]) + sum(one["units"] for one in draw["excluded"]) == 42


def test_the_bundle_is_the_published_one_and_verifies(shown: House) -> None:
    client = shown.client("administrator")
    answer = client.get(f"{DAY}/bundle")
    status, sentence = verify.check(answer.content, client.get(DAY).json()["commitment"])
    assert status == 0, sentence
    assert "attachment" in answer.headers["content-disposition"]


def test_the_check_says_that_it_agrees(shown: House) -> None:
    client = shown.client("administrator")
    assert client.get(f"{DAY}/check").json() == {"ok": True, "problem": None}
    assert 'data-check="ok"' in client.get("/draws/2026-12-07/check").text


def test_the_check_names_a_visit_that_was_changed_in_the_table(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("alter table draw_visits disable trigger draw_visits_append_only")
        connection.execute("""update draw_visits set second_officer = (select min(officer_no) from officers
            where officer_no not in (lead_officer, second_officer)) where position = 1""")
    check = house.client("administrator").get(f"{DAY}/check").json()
    assert not check["ok"]
    assert "visit 1" in check["problem"]


def test_the_check_names_what_was_changed_in_the_bundle(house: House) -> None:
    row = house.db.row("select bundle from draws")
    assert row
    bundle = json.loads(bytes(row["bundle"]))
    bundle["result"]["visits"][0]["probability"] *= 0.5
    with house.db.connection() as connection:
        connection.execute("alter table draws disable trigger draw_final")
        connection.execute("update draws set bundle = %s", [json.dumps(bundle).encode()])
    check = house.client("administrator").get(f"{DAY}/check").json()
    assert not check["ok"]
    assert bundle["result"]["visits"][0]["unit_no"] in check["problem"]
    assert 'data-check="bad"' in house.client("administrator").get("/draws/2026-12-07/check").text


def test_the_public_can_compute_the_seed_again(shown: House) -> None:
    draw = shown.client().get("/api/v1/public/draws/2026-12-07").json()
    entropy = verify.canonical(draw["entropy"])
    assert hashlib.sha256(draw["commitment"].encode() + b"|" + entropy).hexdigest() == draw["seed"]


@pytest.mark.row(54)
def test_the_public_sees_a_visit_only_once_its_result_is_made_public(house: House) -> None:
    client = house.client()
    assert client.get("/api/v1/public/draws/2026-12-07").json()["results"] == []
    with house.db.connection() as connection:
        connection.execute("""update inspections set status = 'done', inspected_on = '2026-12-07', result = 'pass'
            where inspection_id = (select inspection_id from draw_visits where position = 1)""")
        connection.execute("""insert into result_publications (inspection_id, queued_at)
            select inspection_id, now() from draw_visits where position = 1""")
    assert client.get("/api/v1/public/draws/2026-12-07").json()["results"] == []
    with house.db.connection() as connection:
        connection.execute("""update result_publications set decided_at = now(), decided_by = 'li',
            published_at = now(), published_by = 'li', place = 'platform'
            where inspection_id in (select inspection_id from draw_visits)""")
    results = client.get("/api/v1/public/draws/2026-12-07").json()["results"]
    assert [set(result) for result in results] == [{"unit_no", "name", "area_zh", "area_en", "inspected_on", "result"}]


def test_a_frozen_draw_is_public_by_its_commitment_alone(house: House) -> None:
    import datetime as dt

    import sampling.freeze

    sampling.freeze.run(house.db, dt.date(2026, 12, 8), dt.datetime(2026, 12, 7, 10, tzinfo=dt.UTC))
    draw = house.client().get("/api/v1/public/draws/2026-12-08").json()
    assert (draw["status"], draw["seed"], draw["visits"]) == ("frozen", None, 0)
    assert len(draw["commitment"]) == 64
    admin = house.client("administrator")
    assert admin.get("/draws/2026-12-08").status_code == 200
    assert admin.get("/api/v1/draws/2026-12-08/bundle").status_code == 409
    assert admin.get("/api/v1/draws/2026-12-08/check").status_code == 409


def test_a_brigade_meets_the_desks_of_its_own_district(shown: House) -> None:
    page = shown.client("brigade").get("/draws/2026-12-07").text
    assert "990101" in page
    assert "990102" not in page


def test_a_frame_of_an_earlier_protocol_leaves_its_tables_out() -> None:
    assert draw_check.facts_of(b'{"protocol": "huoyan-draw/1", "draw_no": "D20250102"}') == {}
