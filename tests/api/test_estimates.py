"""The estimates on page, as JSON and as a file: each account its areas, the public only a whole quarter of the city."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from api import estimates
from sampling.counterfactual import Between
from sampling.survey import Estimate
from tests.api.conftest import House


def test_each_account_gets_the_estimates_of_its_areas(shown: House) -> None:
    everyone = shown.client("administrator").get("/api/v1/estimates?period=2026Q4&by=area").json()
    ours = shown.client("brigade").get("/api/v1/estimates?period=2026Q4&by=kind").json()
    assert everyone["draws"] == ours["draws"] == 1
    assert ours["city"]["units"] + ours["city"]["outside"] < everyone["city"]["units"] + everyone["city"]["outside"]
    assert everyone["city"]["few"]
    assert "达到15条才作估计" in everyone["city"]["few_words"]["zh"]
    assert everyone["words"]["naive"]["en"].startswith("The share of visits")
    answer = shown.client("brigade").get("/api/v1/estimates?area=990102")
    assert answer.status_code == 404
    assert answer.json()["error"] == "there is no area 990102"


def test_a_period_that_is_none_is_one_sentence(shown: House) -> None:
    answer = shown.client("brigade").get("/api/v1/estimates?period=2026Q7")
    assert answer.status_code == 400
    assert answer.json()["error"] == "'2026Q7' is no period: a quarter is written 2026Q3, a year 2026"
    assert shown.client("brigade").get("/estimates?first=x").status_code in (400, 422)


def test_the_file_has_a_row_for_all_and_for_each_part(shown: House) -> None:
    answer = shown.client("administrator").get("/api/v1/estimates.csv?period=2026&by=group")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["code"] for row in rows] == ["", "duty", "key", "general"]
    assert 'filename="estimates-2026.csv"' in answer.headers["content-disposition"]


def test_the_public_sees_the_rate_of_a_whole_quarter_or_nothing(shown: House) -> None:
    estimates._kept.clear()
    assert shown.client().get("/api/v1/public/estimates").json() is None
    assert shown.client().get("/public/draws").status_code == 200


def test_a_part_with_figures_is_shown_where_the_whole_has_none(shown: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read = estimates.read

    def one_part(*given: object) -> object:
        told = read(*given)  # type: ignore[arg-type]
        half = Estimate(Between(0.5, 0.25, 0.75), 0.5, 20, 12.0)
        full = dataclasses.replace(told.parts[0], few=False, substantive=half, anything=half, hazards=half,
                                   still_open=half, naive=Between(0.6, 0.4, 0.8))
        return dataclasses.replace(told, parts=(full, *told.parts[1:]))

    monkeypatch.setattr(estimates, "read", one_part)
    answer = shown.client("administrator").get("/estimates?period=2026Q4&by=kind")
    assert answer.status_code == 200
    assert answer.text.count('class="whisker-dot"') == 2
    assert "whisker-city\" x1=\"0" not in answer.text
