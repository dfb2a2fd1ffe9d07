"""The scores of a night, and the preview of one unit."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from policy import rules
from scoring import compare, explain, nightly, preview, rollup, score_unit, told
from store import Database
from tests.scoring.scene import Scene, at
from tests.scoring.test_features import AS_OF, busy


def scores(db: Database, as_of: dt.date = AS_OF) -> list[dict[str, object]]:
    rows = db.rows("select s.*, r.headings from scores s join score_runs r using (as_of) where as_of = %s "
                   "order by rank", [as_of])
    return [{name: value for name, value in row.items() if name not in ("points", "values", "headings")}
            | {"contributions": told.of_row(row, row["headings"])} for row in rows]


def test_every_active_unit_is_scored_and_the_preview_gives_the_same(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        busy(scene)
        scene.unit("Q")
        scene.unit("gone", status="closed")
    rollup.run(db, AS_OF)
    found = nightly.run(db, AS_OF)
    kept = scores(db)
    assert (found["units"], found["written"], len(kept), sum(found["classes"].values())) == (4, True, 4, 4)
    assert [row["rank"] for row in kept] == [1, 2, 3, 4]
    with db.connection() as connection:
        for row in kept:
            now = score_unit(connection, int(str(row["unit_id"])), AS_OF)
            assert (now.score, now.risk_class, now.base_class, list(now.direct), list(now.contributions)) == (
                row["score"], row["risk_class"], row["base_class"], row["direct"], row["contributions"])
            assert sum(part["points"] for part in now.contributions) == row["score"]
    run = db.row("select * from score_runs")
    assert run is not None
    assert (run["as_of"], run["model"], run["units"]) == (AS_OF, "scorecard", 4)


def test_scores_that_stand_are_kept_unless_they_are_forced(db: Database) -> None:
    with db.connection() as connection:
        unit = busy(Scene(connection))[0]
    rollup.run(db, AS_OF)
    nightly.run(db, AS_OF)
    before = scores(db)
    again = nightly.run(db, AS_OF)
    assert (again["written"], "would_change" in again) == (False, False)
    with db.connection() as connection:
        Scene(connection).penalty(unit, "2026-02-01")
    late = nightly.run(db, AS_OF)
    # The unit itself, and one whose rank it takes.
    assert (late["written"], late["would_change"]) == (False, 2)
    assert scores(db) == before
    assert nightly.run(db, AS_OF, force=True)["written"]
    assert scores(db) != before
    # Another day has its own scores, and those of the first day stay.
    nightly.run(db, AS_OF + dt.timedelta(days=1))
    assert len(scores(db)) == len(scores(db, AS_OF + dt.timedelta(days=1))) == 3


def test_rules_that_only_share_the_points_out_otherwise_would_change_a_day_too(
        db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.connection() as connection:
        busy(Scene(connection))
    rollup.run(db, AS_OF)
    nightly.run(db, AS_OF)
    parts = [part | {"features": [one for one in part["features"] if one != "kind"]} if "features" in part else part
             for part in rules().value("scorecard.parts", AS_OF)]
    (tmp_path / "local.yaml").write_text(yaml.safe_dump({"scorecard.parts": {"zh": "x", "en": "x", "values": [
        {"valid_from": dt.date(1900, 1, 1), "value": parts, "source": "x", "tag": "P"}]}}))
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    before = scores(db)
    assert nightly.run(db, AS_OF)["would_change"] == len(before)
    assert nightly.run(db, AS_OF, force=True)["written"]
    for old, new in zip(before, scores(db), strict=True):
        assert new["score"] == old["score"]
        assert new["noncompliance"] > old["noncompliance"]  # type: ignore[operator]


def test_a_result_entered_today_moves_the_next_score_and_names_what_moved(db: Database) -> None:
    tomorrow = AS_OF + dt.timedelta(days=1)
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        before = score_unit(connection, unit, tomorrow)
        scene.visit(unit, str(AS_OF), "critical", "serious", handling="ordered", due="2026-03-10")
        after = score_unit(connection, unit, tomorrow)
        assert score_unit(connection, unit, AS_OF).score == before.score
    moves = compare(before, after)
    assert {"never_visited", "critical_ratio", "open_hazards"} <= {move.feature for move in moves}
    assert sum(move.after - move.before for move in moves) == after.score - before.score
    assert any(sentence.feature == "open_hazards" for sentence in explain.sentences(after.contributions, tomorrow))


def test_there_is_no_score_of_a_unit_that_is_not_there(db: Database) -> None:
    with db.connection() as connection, pytest.raises(preview.UnknownUnit, match="no unit 77") as refused:
        score_unit(connection, 77, AS_OF)
    assert refused.value.status == 404


def test_a_night_without_units_is_no_error(db: Database) -> None:
    assert nightly.run(db, AS_OF)["units"] == 0


def test_a_system_left_off_lifts_its_unit_to_the_highest_class(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        scene.event(scene.device(unit, "uitd"), "system_off", at("2026-02-27", 20))
        score = score_unit(connection, unit, AS_OF)
    assert (score.risk_class, score.direct) == ("D", ("system_off_24h",))
