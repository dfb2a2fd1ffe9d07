"""Rows of a file read column by column come to what each comes to by itself."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.record_import import KINDS
from registry import reading
from registry.by_column import ByColumn
from registry.cells import CellError, from_file
from registry.columns import TABLES, Column

DAY = dt.date(2026, 3, 2)
# Plain cells, cells of other columns, cells that no column takes, and rows that are too long or too short.
CELLS = ["", " ", "U001", "U002", "hotel", "office", "是", "否", "1", "0", "-3", "1200.5", "99999999999999", "120.1",
         "2019-05-04", "2019/5/4", "2030-01-01", "31.12.2019", "330106001", "30.2", "95", "=1+1", "a\x00b", "x" * 3000,
         "小明", "13800000000", "穗消行罚决字〔2024〕第0001号", "J1\nJ2", "9.11E+17", "'J1", " J1", "J" * 65, "pass",
         "hazards_ordered", "2024-05-06 10:00", "minor", "fine", "immediate", "{}", '{"star": "5"}', "brigade", "A01",
         "nan", "inf", "town", "general", "active"]


def taken(column: Column) -> list[str]:
    """Cells that a column reads without a fault."""
    def plain(cell: str) -> bool:
        try:
            cleaned = from_file(cell)
            return not column.needed if cleaned is None else column.read(cleaned, DAY) is not None
        except CellError:
            return False

    return [cell for cell in CELLS if plain(cell)] or CELLS


ALL = {**TABLES, **{f"past {code}": kind.table for code, kind in KINDS.items()}}


@pytest.mark.parametrize("noun", sorted(ALL))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_blocks_of_rows_come_to_what_each_row_comes_to(noun: str, data: st.DataObject) -> None:
    table = ALL[noun]
    width = len(table.columns)
    plain = st.tuples(*(st.sampled_from(taken(column)) for column in table.columns)).map(list)
    any_cell = st.sampled_from(CELLS)
    rows = data.draw(st.lists(plain | st.lists(any_cell, min_size=width, max_size=width)
                              | st.lists(any_cell, max_size=width + 2), min_size=1, max_size=12))

    def alone(line: int, cells: list[object]) -> reading.Candidate:
        return reading.judged(table, table.columns, False, line, cells, DAY)

    lines = [(number, list[object](cells)) for number, cells in enumerate(rows, start=2)]
    reader = ByColumn(table, table.columns, DAY, alone)
    # Twice: the second time every cell has been read before.
    for _ in range(2):
        assert reader.read(lines) == [alone(line, cells) for line, cells in lines]


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\n\r\x1f'#〔〕（）-_/. E+1号，。"), max_size=110))
def test_what_is_plain_is_read_as_it_stands(cell: str) -> None:
    for noun, code in (("orders", "order_no"), ("cases", "facts"), ("inspections", "team")):
        column = next(column for column in KINDS[noun].table.columns if column.code == code)
        assert column.plain
        if re.fullmatch(column.plain, cell) and "\n" not in cell:
            assert column.read(from_file(cell), DAY) == cell
