"""Evaluation on a record, against a truth, and at the command line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

from huoyan.commands import risk
from huoyan.commands.session import OutputError
from scoring import evaluate, evaluation_page, nightly, truth
from scoring.errors import ScoringError
from store import Database
from tests.scoring.scene import Scene

AS_OF = dt.date(2026, 3, 1)


def district(scene: Scene) -> None:
    """Forty units: those with an even number were bad before and are bad again, later in the window."""
    for number in range(40):
        bad = number % 2 == 0
        unit = scene.unit(f"U{number:03d}", kind="restaurant")
        for day in ("2025-01-10", "2025-06-10", "2025-12-10"):
            scene.visit(unit, day, *(["critical", "serious"] if bad else []), team="one")
        scene.visit(unit, f"2026-03-{number // 4 + (15 if bad else 2):02d}", *(["critical"] if bad else []), team="one")
        scene.visit(unit, "2026-03-28", kind="reinspection")


def test_a_record_that_repeats_itself_is_ranked_better_than_by_chance(db: Database) -> None:
    with db.connection() as connection:
        district(Scene(connection))
    found = evaluate.evaluate(db, AS_OF, 60, samples=50)
    told = {judged.order: judged.measures for judged in found.orders}
    assert (found.visits, found.units, found.positives) == (40, 40, 20)
    assert told["scorecard"]["first_half"].value == told["last_result"]["first_half"].value == 1
    assert told["scorecard"]["days_earlier"].value > 8
    assert told["random"]["first_half"].value == pytest.approx(0.5, abs=0.1)
    assert told["actual"]["first_half"].value == 0
    assert told["telemetry"]["first_half"].value == pytest.approx(0.5, abs=0.1)
    assert "too few to learn from" in found.note
    assert "model" not in told
    json.dumps(found.as_dict())


def two_years(scene: Scene, leak: bool = False) -> None:
    """Units of two kinds, one worse, visited each quarter by two teams; ``leak``: the register has the last result."""
    rng = np.random.default_rng(7)
    for number in range(160):
        unit = scene.unit(f"U{number:03d}", kind="hotel" if number % 4 == 0 else "office", floor_area_m2=100.0 + number)
        bad = False
        for quarter in range(8):
            day = dt.date(2024, 5, 1) + dt.timedelta(days=91 * quarter + (number * 7) % 90)
            bad = bool(rng.random() < (.45 if number % 4 == 0 else .1))
            scene.visit(unit, str(day), *(["critical"] if bad else []), team=f"team {(number + quarter) % 2}",
                        arm="random" if number % 3 else None)
        if leak:
            scene.connection.execute("update units set attributes = %s where unit_id = %s",
                                     [Jsonb({"grade": "X" if bad else "Y"}), unit])


def test_windows_roll_forward_and_the_model_stands_beside_orders_that_need_none(db: Database) -> None:
    with db.connection() as connection:
        two_years(Scene(connection))
    found = evaluate.evaluate(db, dt.date(2026, 2, 1), 60, windows=3, samples=30)
    assert [str(window.as_of) for window in found.windows] == ["2025-10-04", "2025-12-03", "2026-02-01"]
    assert [window.learnt_from for window in found.windows] == sorted(window.learnt_from for window in found.windows)
    told = {judged.order: judged.measures["auc"].value for judged in found.orders}
    assert list(told) == ["model", "combined", "scorecard", "record", "credit", "telemetry", "exposure", "last_result",
                          "team", "random", "actual"]
    assert told["model"] > .6 > told["random"] > .4
    assert found.suspects == ()
    assert found.calibration is not None
    assert found.calibration.error < .1
    assert found.random_arm > 100
    assert found.orders[0].random_arm_auc is not None
    assert found.gains["model"][0] == 0
    assert found.gains["model"][-1] == 1
    page = evaluation_page.page(found)
    assert page.count("<svg") == 3
    assert "学习模型" in page
    assert "疑似泄漏" not in page
    json.dumps(found.as_dict())


def test_a_register_that_knows_the_result_is_reported(db: Database) -> None:
    with db.connection() as connection:
        two_years(Scene(connection), leak=True)
    found = evaluate.evaluate(db, dt.date(2026, 2, 1), 60, samples=20)
    assert [suspect.feature for suspect in found.suspects] == ["attribute:grade_ratio"]
    assert found.suspects[0].alone > .9
    assert "attribute:grade_ratio" in evaluation_page.page(found)


def test_shuffled_results_are_told_no_better_than_by_chance(db: Database) -> None:
    with db.connection() as connection:
        two_years(Scene(connection))
    found = evaluate.evaluate(db, dt.date(2026, 2, 1), 60, windows=3, samples=100, shuffled=True)
    told = found.orders[0]
    assert told.order == "model"
    assert told.measures["auc"].low < .5 < told.measures["auc"].high
    assert "随机打乱" in evaluation_page.page(found)


def test_the_truth_is_compared_with_each_side_alone(db: Database, tmp_path: Path) -> None:
    with db.connection() as connection:
        district(Scene(connection))
    file = tmp_path / "truth.csv"
    lines = [f"U{number:03d},{0.9 if number % 2 == 0 else 0.1},{1 - number % 2}" for number in range(40)]
    file.write_text("unit_no,true_risk,truly_risky\n" + "\n".join([*lines, "X,0.95,1"]) + "\n")
    found = truth.check_truth(db, AS_OF, truth.read_truth(file), samples=20)
    assert (found.units, found.risky, found.unknown_units) == (40, 20, 1)
    # Four units stand in the first tenth: all of them are risky ones where the order knows the record.
    assert found.shares["scorecard"].value == found.shares["record"].value
    assert found.shares["scorecard"].value == pytest.approx(4 / 20)
    assert found.shares["random"].value == pytest.approx(2 / 20, abs=0.03)
    assert set(found.shares) == {"scorecard", "record", "credit", "telemetry", "random"}


@pytest.mark.parametrize(("text", "sentence"), [
    ("unit_no,risk\nA,1\n", "no column true_risk"),
    ("unit_no,true_risk\nA,much\n", "line 2: true_risk 'much' is not a number"),
    ("unit_no,true_risk\nA,nan\n", "line 2"),
    ("unit_no,true_risk\nA,1\nA,2\n", "line 3: unit A stands twice"),
    ("unit_no,true_risk,truly_risky\nA,1,perhaps\n", "neither 0 nor 1"),
    ("unit_no,true_risk\n", "has no rows"),
])
def test_a_malformed_truth_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "truth.csv"
    file.write_text(text)
    with pytest.raises(ScoringError, match=sentence):
        truth.read_truth(file)


def test_a_truth_says_itself_who_is_risky_or_the_top_tenth_is(tmp_path: Path) -> None:
    file = tmp_path / "truth.csv"
    file.write_text("unit_no,true_risk,truly_risky\nA,0.1,1\nB,0.9,0\n")
    assert truth.read_truth(file).risky == {"A"}
    file.write_bytes("\ufeffunit_no,true_risk\nA,0.1\nB,0.9\n".encode())
    assert truth.read_truth(file).risky == {"B"}
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScoringError, match="CSV in UTF-8"):
        truth.read_truth(file)
    with pytest.raises(ScoringError, match="not a file"):
        truth.read_truth(tmp_path / "none.csv")


def test_the_commands_print_tables_and_refuse_in_sentences(db: Database, dsn: str, tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)
    monkeypatch.setenv("COLUMNS", "200")
    run = CliRunner().invoke
    with pytest.raises(ScoringError, match="no scores yet"):
        run(risk.show_ranking, [], catch_exceptions=False)
    with pytest.raises(ScoringError, match="no unit was inspected"):
        run(risk.show_evaluation, ["--as-of", "2026-03-01"], catch_exceptions=False)
    with db.connection() as connection:
        district(Scene(connection))
    with pytest.raises(ScoringError, match="nothing to tell apart"):
        run(risk.show_evaluation, ["--as-of", "2026-03-01", "--outcome", "major"], catch_exceptions=False)
    nightly.run(db, AS_OF)
    figures = tmp_path / "figures.json"
    shown = run(risk.show_evaluation, ["--as-of", "2026-03-01", "--json", str(figures)], catch_exceptions=False).output
    assert "last result first" in shown
    assert json.loads(figures.read_bytes())["positives"] == 20
    page = tmp_path / "page.html"
    run(risk.show_evaluation, ["--as-of", "2026-03-01", "--windows", "2", "--shuffle", "--report", str(page)],
        catch_exceptions=False)
    assert page.read_text().startswith("<!doctype html>")
    ranking = run(risk.show_ranking, ["--top", "3"], catch_exceptions=False).output
    assert "U000" in ranking
    assert "U001" not in ranking
    assert "class" in run(risk.show_unit, ["U000", "--date", "2026-03-01"], catch_exceptions=False).output
    with pytest.raises(ScoringError, match="no unit 'nobody'"):
        run(risk.show_unit, ["nobody"], catch_exceptions=False)
    with pytest.raises(OutputError, match="can't be written"):
        run(risk.show_evaluation, ["--as-of", "2026-03-01", "--json", str(tmp_path / "no" / "x")],
            catch_exceptions=False)
