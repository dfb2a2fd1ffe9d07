"""The page of duties is what the tests say, and no test names a row that is none."""

from __future__ import annotations

from tests.duties.page import PAGE, page, rows, shown


def test_the_page_is_what_make_coverage_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make coverage"


def test_every_number_that_a_test_carries_is_a_row_and_every_row_has_one_number() -> None:
    numbers = [row["row"] for row in rows()]
    assert len(set(numbers)) == len(numbers)
    assert {one.row for one in shown()} <= set(numbers)
