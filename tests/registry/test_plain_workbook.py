"""Of a plain workbook calamine reads what openpyxl reads; what they may see differently is left to openpyxl."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry import plain_workbook

# No carriage return: written into XML it comes back as a line feed, by either reader.
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
                 | st.sampled_from("甲单位 =+-#'&<>\"_x000D_\n1号"), max_size=20)
_MOMENTS = st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 12, 31)).map(  # noqa: DTZ001  as in a cell
    lambda at: at.replace(microsecond=0))
_CELLS = (st.none() | _TEXTS | st.booleans() | st.integers(-10**14, 10**14) | st.floats(-1e14, 1e14)
          | _MOMENTS | _MOMENTS.map(dt.datetime.date))


def workbook(rows: list[list[Any]], *, write_only: bool) -> bytes:
    book = openpyxl.Workbook(write_only=write_only)
    sheet = book.create_sheet() if write_only else book.active
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_openpyxl(content: bytes) -> list[tuple[int, list[object]]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    return trimmed([(number, list(cells)) for number, cells in enumerate(sheet.iter_rows(values_only=True), 1)])


def trimmed(rows: list[tuple[int, list[object]]]) -> list[tuple[int, list[object]]]:
    told = []
    for number, cells in rows:
        held = [None if cell == "" else cell for cell in cells]
        while held and held[-1] is None:
            held.pop()
        told.append((number, held))
    return [(number, held) for number, held in told if held]


def same(one: object, other: object) -> bool:
    # A spreadsheet's number is a double: 12 and 12.0 are one text for whoever reads the cell.
    return one == other and (isinstance(one, bool) == isinstance(other, bool))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(_CELLS, max_size=6), max_size=6), st.booleans())
def test_what_is_read_is_what_openpyxl_reads(rows: list[list[Any]], write_only: bool) -> None:
    content = workbook(rows, write_only=write_only)
    found = plain_workbook.read(content)
    wanted = by_openpyxl(content)
    if found is None:
        return
    told = trimmed(found)
    assert [number for number, _ in told] == [number for number, _ in wanted]
    for (_, cells), (_, others) in zip(told, wanted, strict=True):
        assert len(cells) == len(others)
        assert all(map(same, cells, others)), (cells, others)


def test_an_ordinary_table_is_plain() -> None:
    moment = dt.datetime(2024, 5, 6, 10, 1, 59)  # noqa: DTZ001  as in a cell
    rows = [["检查编号", "日期", "时刻", "数", "是", None, "备注"],
            ["J1", dt.date(2024, 5, 6), moment, 1.5, True, None, " b "],
            [None], ["J2", dt.date(2024, 2, 29), moment, 12, False, None, "两行\n字"]]
    for write_only in (True, False):
        found = plain_workbook.read(workbook(rows, write_only=write_only))
        assert found is not None
        assert trimmed(found) == by_openpyxl(workbook(rows, write_only=write_only))


def _with(part: str, old: bytes, new: bytes) -> bytes:
    """A small workbook with some bytes of a part replaced."""
    content, out = workbook([["unit_no", "name"], ["U1", 5]], write_only=True), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as package, zipfile.ZipFile(out, "w") as changed:
        for name in package.namelist():
            text = package.read(name)
            assert name != part or old in text
            changed.writestr(name, text.replace(old, new) if name == part else text)
    return out.getvalue()


_SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(("old", "new"), [
    (b"<v>5</v>", b"<f>2+3</f><v>5</v>"), (b't="n"><v>5</v>', b't="e"><v>#N/A</v>'),
    (b"<v>5</v>", b"<v>1234567890123456</v>"), (b'r="B2"', b'r="XFD2"'), (b'r="B2"', b'r="B900000"'),
    (b'<c r="B2" ', b"<c "), (b'<row r="2"', b'<row r="1048576"'), (b'<row r="2"', b'<row r="1"'),
    (b"<t>unit_no</t>", b"<r><t>unit</t></r><r><t>_no</t></r>"), (b"<t>unit_no</t>", b"<t>unit_x005F_no</t>"),
    (b"<worksheet", b'<?xml version="1.0" encoding="gb18030"?><worksheet'),
    (b"<t>unit_no</t>", b"<t><![CDATA[unit_no]]></t>"), (b"<t>unit_no</t>", b"<t>unit_no</t><rPh><t>x</t></rPh>")])
def test_what_may_be_seen_differently_is_left_to_openpyxl(old: bytes, new: bytes) -> None:
    assert plain_workbook.read(_with(_SHEET, b"<v>5</v>", b"<v>5</v>")) is not None
    assert plain_workbook.read(_with(_SHEET, old, new)) is None


def test_a_format_that_may_be_a_day_or_none_is_left_to_openpyxl() -> None:
    for code, plain in (("yyyy-mm-dd", True), ('yyyy"年"m"月"d"日"', True), ("#,##0.00", True), ("[h]:mm", False),
                        ('0"d"', False), ("[$-804]yyyy/m/d;@", False)):
        book = openpyxl.Workbook()
        book.active.append([45000.25])
        book.active["A1"].number_format = code
        out = io.BytesIO()
        book.save(out)
        assert (plain_workbook.read(out.getvalue()) is not None) == plain, code
