"""What a page says of where it ended comes back as it was, and nothing else is taken for it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import cursors
from store.cursors import CursorError

MOMENT = dt.datetime(2026, 3, 1, 8, 0, 0, 123456, dt.UTC)
_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


@given(st.dates(), st.none() | st.integers(0, 2**63 - 1), _TEXTS)
def test_keys_come_back_as_they_were(day: dt.date, number: int | None, text: str) -> None:
    assert cursors.read(cursors.written(day, number, text), dt.date, int, str) == (day, number, text)


def test_a_moment_comes_back_to_the_microsecond() -> None:
    assert cursors.read(cursors.written(MOMENT, 7), dt.datetime, int) == (MOMENT, 7)


def test_without_a_cursor_every_key_is_none() -> None:
    assert cursors.read("", int, str) == cursors.read(None, int, str) == (None, None)


@pytest.mark.parametrize("after", [
    "x", "===", "中", cursors.written(1), cursors.written(1, 2, 3), cursors.written("a", 2), cursors.written(True, 2),
    cursors.written(2**63, 2), cursors.written(1.5, 2), cursors.written([1], 2), "bnVsbA", "W1sxLDJd", "A" * 200])
def test_anything_else_is_refused_in_a_sentence(after: str) -> None:
    with pytest.raises(CursorError, match="what the page before gave as next"):
        cursors.read(after, int, int)


def test_a_moment_without_a_zone_and_a_text_with_a_nought_are_refused() -> None:
    for value, kind in ((MOMENT.replace(tzinfo=None), dt.datetime), ("a\0", str), (1, dt.date), ("1", dt.date)):
        with pytest.raises(CursorError):
            cursors.read(cursors.written(value), kind)
