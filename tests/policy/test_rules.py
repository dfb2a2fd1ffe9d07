"""Rules are dated data with a source."""

import datetime as dt
from pathlib import Path

import pytest
import yaml

from policy import PolicyError, RuleBook, rules

RULE = """
a.b:
  zh: 甲
  en: first
  unit: persons
  values:
    - {valid_from: 2020-01-01, value: 2, source: 某法, article: Art. 1, tag: V}
    - {valid_from: 2024-07-01, value: 3, source: 某法 2024, article: Art. 1, tag: M}
"""


def book(folder: Path, text: str = RULE) -> RuleBook:
    (folder / "some.yaml").write_text(text, encoding="utf-8")
    return RuleBook(folder)


@pytest.mark.parametrize(("day", "value"), [("2020-01-01", 2), ("2024-06-30", 2), ("2024-07-01", 3), ("2030-01-01", 3)])
def test_a_rule_is_asked_for_on_a_day(tmp_path: Path, day: str, value: int) -> None:
    assert book(tmp_path).value("a.b", dt.date.fromisoformat(day)) == value


def test_a_day_before_the_first_value_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="a.b has no value on 2019-12-31, its first holds from 2020-01-01: check"):
        book(tmp_path).value("a.b", dt.date(2019, 12, 31))


def test_the_version_changes_only_when_a_value_that_holds_does(tmp_path: Path) -> None:
    shipped = book(tmp_path)
    assert shipped.version(dt.date(2021, 1, 1)) == shipped.version(dt.date(2024, 6, 30))
    assert shipped.version(dt.date(2021, 1, 1)) != shipped.version(dt.date(2024, 7, 1))


def test_a_later_folder_is_laid_over_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "local").mkdir()
    book(tmp_path / "shipped")
    book(tmp_path / "local", RULE.replace("value: 3", "value: 4"))
    both = RuleBook(tmp_path / "shipped", tmp_path / "local")
    assert both.value("a.b", dt.date(2025, 1, 1)) == 4


@pytest.mark.parametrize(("text", "sentence"), [
    ("a.b: {zh: 甲, en: x, values: [{valid_from: soon, value: 1, source: s, tag: V}]}", "valid_from must be a date"),
    ("a.b: {zh: 甲, en: x, values: [{valid_from: 2020-01-01, value: 1, source: s, tag: Q}]}", "tag must be one of"),
    ("a.b: {zh: 甲, en: x, values: [{valid_from: 2020-01-01, value: 1, tag: V}]}", "malformed: 'source'"),
    ("a.b: {zh: 甲, en: x, values: []}", "has no values"),
    ("- a", "must be a table of rules by name"),
    ("a: [", "can't be read as YAML"),
])
def test_a_malformed_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(PolicyError, match=sentence) as caught:
        book(tmp_path, text)
    assert "some.yaml" in str(caught.value)


def test_no_words_of_a_shipped_rule_are_cut_at_a_comma() -> None:
    """``en: power, fire or gas`` without quotation marks is two keys, the second with nothing."""
    def cut(value: object) -> list[str]:
        if isinstance(value, dict):
            return [key for key, held in value.items() if held is None and " " in str(key)] + [
                key for held in value.values() for key in cut(held)]
        return [key for held in value for key in cut(held)] if isinstance(value, list) else []
    shipped = sorted((Path(__file__).parents[2] / "policy" / "rules").glob("**/*.yaml"))
    assert shipped
    assert {path.name: cut(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in shipped} == {
        path.name: [] for path in shipped}


def test_every_shipped_rule_can_be_read_today() -> None:
    today = rules().on(dt.date(2026, 11, 23))
    assert today
    for rule in today:
        assert rule.zh, rule.name
        assert rule.en, rule.name
        assert rule.source, rule.name
