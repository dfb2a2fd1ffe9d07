"""Kinds come from policy, as of a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from policy import PolicyError
from policy.rules import RuleBook
from registry import kinds

DAY = dt.date(2024, 7, 1)


def test_every_kind_of_the_shared_vocabulary_is_there_also_on_a_day_long_past() -> None:
    assert set(kinds.unit_kinds(dt.date(2011, 9, 2))) == {
        "hotel", "restaurant", "mall", "entertainment", "cinema", "hospital", "nursing_home", "school", "kindergarten",
        "office", "factory", "warehouse", "highrise_residential", "culture", "station", "gas_station", "small_place",
        "other"}
    assert set(kinds.device_kinds(DAY)) == {"uitd", "smoke", "water_pressure", "water_level", "electrical", "gas"}
    assert set(kinds.inspection_kinds(DAY)) == {"draw", "duty", "campaign", "complaint", "reinspection", "opening",
                                                "event", "promise", "finding", "daily", "joint", "town", "site",
                                                "unseal", "resume", "other", "import"}


def test_a_kind_has_a_name_in_both_languages_and_what_is_usual_for_it() -> None:
    hotel = kinds.unit_kinds(DAY)["hotel"]
    assert (hotel.label("zh"), hotel.label("en")) == ("宾馆饭店", "hotel")
    assert hotel.crowded_typical
    assert hotel.sleeping_typical
    assert not kinds.unit_kinds(DAY)["warehouse"].crowded_typical


def test_a_local_policy_can_add_a_kind_from_a_day_on_and_a_malformed_one_is_named(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lay(entry: str) -> None:
        (tmp_path / "kinds.yaml").write_text(
            "kinds.devices:\n  zh: 类\n  en: kinds\n  unit: list\n  values:\n"
            "    - {valid_from: 2024-01-01, source: here, tag: P, value: [" + entry + "]}\n", encoding="utf-8")
        monkeypatch.setattr(kinds, "rules", lambda: RuleBook(tmp_path))

    lay("{code: foam, zh: 泡沫, en: foam, colour: red}")
    assert list(kinds.device_kinds(DAY)) == ["foam"]
    with pytest.raises(PolicyError, match="no value on 2023-12-31"):
        kinds.device_kinds(dt.date(2023, 12, 31))
    for malformed in ("{code: foam}", "foam"):
        lay(malformed)
        with pytest.raises(PolicyError, match=r"kinds\.devices must be a list of kinds"):
            kinds.device_kinds(DAY)
