"""A champion that no longer holds, and audits, through the database and the commands."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

from huoyan.commands import audits as audit_commands
from huoyan.commands import models as model_commands
from scoring import audits, models, monthly, standing
from scoring.additive import AdditiveModel, Shape
from scoring.errors import ScoringError
from store import Database
from store.database import Connection
from tests.scoring.scene import Scene

TRAINED = dt.date(2026, 3, 1)
LATER = dt.date(2026, 7, 1)
WEEKS = (dt.date(2026, 6, 10), dt.date(2026, 6, 17), dt.date(2026, 6, 24), LATER)
NUMBER = "M20260301-critical"
# Hotels are told half as risky as offices, and so they are, until the training.
ODDS = {"hotel": -.4, "office": .4}


def record(scene: Scene) -> None:
    """Visits of two years; from :data:`TRAINED` on far more is found than before."""
    rng = np.random.default_rng(11)
    units = [scene.unit(f"U{number:03d}", kind="office" if number % 2 else "hotel",
                        area="990101001" if number % 4 else "990102001", floor_area_m2=(200.0, 2000.0)[number % 2])
             for number in range(330)]
    for number, unit in enumerate(units):
        for first in (dt.date(2024, 9, 1), dt.date(2025, 3, 1), TRAINED):
            day = first + dt.timedelta(days=(number * 7) % 120)
            odds = -1.7 + ODDS["office" if number % 2 else "hotel"] + (1.8 if day >= TRAINED else 0.0)
            scene.visit(unit, str(day), *(["critical"] if rng.random() < 1 / (1 + np.exp(-odds)) else []),
                        team=f"team {number % 3}", arm="random" if number % 5 else "targeted", probability=.5)


def champion(connection: Connection) -> None:
    """A model that tells what was true up to :data:`TRAINED`, and is champion."""
    told = AdditiveModel(-1.7, (Shape("kind", (), tuple(ODDS), np.array([0.0, *ODDS.values()])),), {})
    row = connection.execute(models.q["store"], {
        "model_no": NUMBER, "outcome": "critical", "trained_for": TRAINED, "first": dt.date(2024, 9, 1),
        "until": TRAINED, "visits": 660, "positives": 110, "version": "x", "features": ["kind"],
        "content": Jsonb(told.as_dict()), "measures": Jsonb({})}).fetchone()
    assert row
    models.move(connection, row["model_id"], "challenger", "wang", "better")
    models.move(connection, row["model_id"], "champion", "li", "trial")


def rankings(connection: Connection) -> None:
    """The kept rankings of four weeks: each one unit further round, and the last by a model."""
    for week, day in enumerate(WEEKS):
        connection.execute("insert into score_runs (as_of, model, policy_version, units, started_at) "
                           "values (%s, %s, 'x', 330, now())", [day, "M1" if day == LATER else "scorecard"])
        connection.execute("""insert into scores (unit_id, as_of, score, rank, risk_class, base_class, contributions)
            select unit_id, %s, 50, 1 + (row_number() over (order by unit_id) + %s) %% 330,
                   case when unit_id %% 9 = %s then 'D' else 'A' end, 'A', '[]' from units""", [day, week, week])


def test_a_champion_stays_until_it_tells_too_little_and_is_audited_demoted_and_shown(
        db: Database, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)
    monkeypatch.setenv("COLUMNS", "260")

    def run(command: object, *words: str) -> str:
        return CliRunner().invoke(command, list(words), catch_exceptions=False).output  # type: ignore[arg-type]

    with db.connection() as connection:
        connection.execute("""insert into areas values ('990000', null, 'city', '市', null),
            ('990101', '990000', 'district', '火眼区', 'Huoyan'), ('990102', '990000', 'district', '邻区', null),
            ('990101001', '990101', 'town', '镇', null), ('990102001', '990102', 'town', '镇', null)""")
        record(Scene(connection))
        champion(connection)
        rankings(connection)
    (told,) = standing.check(db, TRAINED, "wang")
    assert (told["standing"], told["drift"].moved.index, len(told["drift"].untold)) == ("champion", 0, 2)

    audited = run(audit_commands.audit_models, "--as-of", str(LATER), "--outcome", "critical", "--windows", "3",
                  "--json", str(tmp_path / "audit.json"))
    assert "a stand-in, fitted to what came before" in audited
    assert "its calibration error on" in audited
    assert "scorecard → M1" in audited
    kept = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["content"]
    assert [window["teller"] for window in kept["windows"]] == ["stand-in", "itself", "itself"]
    assert kept["names"]["area"] == {"990101": ["火眼区", "Huoyan"], "990102": ["邻区", "邻区"]}
    assert {group["code"] for group in kept["groups"] if group["by"] == "floor_area_m2"} == {"0-300", "1000-5000"}
    assert kept["overall"]["all"]["whole"]["marked"]
    assert kept["overall"]["all"]["whole"]["gap"]["low"] > 0
    assert [(week["top"], week["up"] > 0, week["down"] > 0) for week in kept["churn"]] == [(33, True, True)] * 3

    assert f"{NUMBER} is demoted" in run(model_commands.show_models, "check", "--as-of", str(LATER))
    with db.connection() as connection:
        moves = models.one(connection, NUMBER)["moves"]
        assert audits.of_model(connection, NUMBER)
    assert [move["standing"] for move in moves] == ["challenger", "champion", "demoted"]
    assert "its calibration error on" in moves[-1]["reason"]
    with pytest.raises(ScoringError, match="is demoted, no challenger"):
        models.promote(db, NUMBER, "li", "back")
    assert "There is no champion" in run(model_commands.show_models, "check", "--as-of", str(LATER))
    with pytest.raises(psycopg.errors.RestrictViolation), db.connection() as connection:
        connection.execute("delete from audits")


def test_the_month_checks_trains_and_audits_and_says_where_the_record_is_too_thin(db: Database) -> None:
    told = monthly.run(db, TRAINED)
    assert "too few to learn from" in told["note"]
    assert "nothing to audit" in told["audit_note"]
    with db.connection() as connection, pytest.raises(audits.UnknownAudit, match="no audit yet"):
        audits.one(connection)
