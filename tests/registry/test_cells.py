"""One cell: what people type, what spreadsheets make of it, and what is refused."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry import cells
from registry.cells import CellError, Reader
from registry.columns import TABLES

DAY = dt.date(2024, 7, 1)
UNITS = TABLES["units"]


@pytest.mark.parametrize("typed", [
    "2024-01-31", "2024-1-31", "2024/1/31", "2024/01/31", "2024.1.31", "20240131", "2024年1月31日", "2024年01月31日",
    " 2024-01-31 ", "２０２４/１/３１", "2024-01-31 00:00:00", "2024-01-31T00:00", "2024/1/31 0:00",
    dt.date(2024, 1, 31), dt.datetime(2024, 1, 31), 45322, 45322.0, 20240131,  # noqa: DTZ001  cells have no zone
])
def test_a_day_is_read_in_every_usual_form(typed: object) -> None:
    assert cells.date(typed, DAY) == dt.date(2024, 1, 31)


@pytest.mark.parametrize(("typed", "reason"), [
    ("2024-02-30", "no such day"), ("2023-2-29", "no such day"), ("31/1/2024", "not a day"), ("2024-1", "not a day"),
    ("2024-1/31", "not a day"), ("yesterday", "not a day"), ("2024", "not a day"), (2024, "not a day"),
    ("45322", "not a day"), (True, "not a day"), ("0204-01-31", "year"), ("9999-12-31", "year"),
    ("2024-01-31 08:30:00", "not a day"), (dt.datetime(2024, 1, 31, 8, 30), "without a time"),  # noqa: DTZ001
    (dt.time(8, 30), "neither text nor a number"), (1e300, "30 digits"), (float("nan"), "finite"),
])
def test_what_is_no_day_is_refused(typed: object, reason: str) -> None:
    with pytest.raises(CellError, match=reason):
        cells.date(typed, DAY)


@pytest.mark.parametrize(("typed", "meant"), [
    ("是", True), ("yes", True), ("YES", True), ("1", True), ("true", True), ("TRUE", True), (True, True), (1, True),
    (1.0, True), ("１", True), ("否", False), ("no", False), ("0", False), ("False", False), (False, False), (0, False),
])
def test_a_truth_value_is_read_in_every_usual_form(typed: object, meant: bool) -> None:
    assert cells.flag(typed, DAY) is meant


@pytest.mark.parametrize("typed", ["maybe", "2", "对", "有", 2, 0.5, "-", "nein"])
def test_what_is_neither_yes_nor_no_is_refused(typed: object) -> None:
    with pytest.raises(CellError, match="say 是 or 否"):
        cells.flag(typed, DAY)


@pytest.mark.parametrize(("reader", "typed", "meant"), [
    (cells.integer(0, 10_000), "1,200", 1200), (cells.integer(0, 10), "７", 7), (cells.integer(0, 10), 7.0, 7),
    (cells.integer(0, 10), "7.0", 7), (cells.integer(-5, 5), "-5", -5), (cells.number(0, 1e8), "1,200.5", 1200.5),
    (cells.number(0, 10), "1e0", 1.0), (cells.number(0, 10), ".5", 0.5), (cells.number(0, 10), "5.", 5.0),
    (cells.number(-180, 180), -113.25, -113.25), (cells.text(5), 12.0, "12"), (cells.text(5), True, "true"),
    (cells.text(10), "a\r\nb", "a\nb"), (cells.words(9, 9), "甲;乙;甲、丙, 丁", ["甲", "乙", "丙", "丁"]),
    (cells.words(9, 9), ["x", "y"], ["x", "y"]), (cells.words(9, 9), "；", []), (cells.words(9, 9), 990101, ["990101"]),
    (cells.json_object(99), '{"rooms": 80}', {"rooms": 80}), (cells.json_object(99), {"a": [1]}, {"a": [1]}),
    (cells.choice({"town": "乡镇街道"}), "乡镇街道", "town"), (cells.choice({"town": "乡镇街道"}), "Town", "town"),
])
def test_values_are_read(reader: Reader, typed: object, meant: object) -> None:
    assert reader(typed, DAY) == meant


@pytest.mark.parametrize(("reader", "typed", "reason"), [
    (cells.integer(0, 10), "12", "between 0 and 10"), (cells.integer(0, 10), "1.5", "whole number"),
    (cells.integer(0, 10), "1_0", "whole number"), (cells.integer(0, 10), "1" * 5000, "whole number"),
    (cells.integer(0, 10), "", "whole number"), (cells.integer(0, 10), "3层", "whole number"),
    (cells.number(0, 10), "nan", "not a number"), (cells.number(0, 10), "inf", "not a number"),
    (cells.number(0, 10), "e5", "not a number"), (cells.number(0, 10), ".", "not a number"),
    (cells.number(0, 10), "1,20", "not a number"), (cells.number(0, 10), "1e999", "between"),
    (cells.number(0, 10), "-1", "between 0 and 10"), (cells.text(3), "abcd", "4 characters, at most 3"),
    (cells.text(9), "a\x07b", r"U\+0007"), (cells.text(9), "a\x00", r"U\+0000"), (cells.text(9), "\ufffe1", r"U\+FFFE"),
    (cells.text(9), 123456789012345678.0, "spreadsheet rounds"), (cells.text(9), 10**40, "more than 30 digits"),
    (cells.code("[a-z]+", "small letters"), "Ab", "must be small letters"),
    (cells.choice({"town": "乡镇街道"}), "city", r"one of town \(乡镇街道\)"),
    (cells.words(2, 9), "a;b;c", "3 entries, at most 2"), (cells.words(2, 2), "abc", "the entry abc"),
    (cells.words(2, 9, "[0-9]+", "digits"), "1;x", "the entry x must be digits"),
    (cells.json_object(99), "[1]", "JSON object"), (cells.json_object(99), "{", "JSON object"),
    (cells.json_object(99), '{"a": NaN}', "NaN is not JSON"), (cells.json_object(99), '{"a": 1e999}', "JSON object"),
    (cells.json_object(5), '{"a": 12}', "at most 5"), (cells.json_object(99), '{"a": "\\u0000"}', "NUL"),
    (cells.json_object(99), '{"a": "\\ud800"}', "JSON object"),
    (cells.json_object(99_999), '{"a":' * 5000, "JSON object"), (cells.json_object(99), {"a": {1, 2}}, "JSON object"),
])
def test_what_can_not_be_used_is_refused_with_a_reason(reader: Reader, typed: object, reason: str) -> None:
    with pytest.raises(CellError, match=reason):
        reader(typed, DAY)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.times(),
                 st.binary(), st.lists(st.text(), max_size=3)))
@settings(deadline=None)
def test_no_cell_can_do_more_than_be_read_or_be_refused(cell: object) -> None:
    for table in TABLES.values():
        for column in table.columns:
            with suppress(CellError):
                column.read(cell, DAY)


@given(st.text(st.sampled_from("'=+-@＝#N/Aab\t "), max_size=8))
@settings(deadline=None)
def test_a_guarded_text_comes_back_and_is_no_formula(words: str) -> None:
    stored = words.strip()
    guarded = cells.guard(stored)
    assert guarded[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠")
    assert cells.from_file(guarded) == (stored or None)


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", " #VALUE! "])
def test_a_spreadsheet_error_is_not_a_value(error: str) -> None:
    with pytest.raises(CellError, match="spreadsheet error"):
        cells.from_file(error)


@pytest.mark.parametrize(("typed", "meant"), [("hotel", "hotel"), ("HOTEL", "hotel"), ("宾馆饭店", "hotel"),
                                               ("Nursing home", "nursing_home")])
def test_a_kind_is_read_by_its_code_or_a_name(typed: str, meant: str) -> None:
    assert UNITS.column("kind").read(typed, DAY) == meant


def test_a_unified_social_credit_code_is_verified_in_its_cell_and_small_letters_are_made_capitals() -> None:
    read: Any = UNITS.column("uscc").read
    assert read("91330100799655058b", DAY) == "91330100799655058B"
    with pytest.raises(CellError, match="check character"):
        read("91330100799655058C", DAY)
    with pytest.raises(CellError, match="spreadsheet rounds"):
        read(914403001922038216.0, DAY)


@pytest.mark.parametrize(("column", "typed"), [("uscc", "9.11E+17"), ("unit_no", "8.64217E+14"), ("unit_no", "1e+20")])
def test_what_a_spreadsheet_has_made_of_a_long_number_names_nothing(column: str, typed: str) -> None:
    with pytest.raises(CellError, match="a spreadsheet has rounded it: format the column as text"):
        TABLES["units"].column(column).read(typed, DAY)


def test_a_name_that_turns_the_direction_of_writing_is_refused() -> None:
    with pytest.raises(CellError, match=r"U\+202E, which is not text"):
        cells.as_text("甲酒店\u202e店")
