"""Files of strangers: encodings, separators, and everything that is no table."""

from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry import FileRefused, Limits, csv_file, table_file, xlsx_file
from registry.table_file import Sheet

TITLES = {"unit_no", "name", "单位编号", "单位名称"}
ROWS = [[2, ["U1", "甲酒店"]], [3, ["U2", "乙商场"]]]


SHEET = (b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
         b'<row r="1"><c r="A1" t="inlineStr"><is><t>unit_no</t></is></c></row>')


def read(path: Path, limits: Limits | None = None) -> Sheet:
    return table_file.read(path, TITLES.__contains__, limits or Limits())


def rows_of(sheet: Sheet) -> list[list[object]]:
    return [[line, cells] for line, cells in sheet.rows]


def write(folder: Path, content: bytes, name: str = "units.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def workbook(rows: list[list[object]], *, hidden_first: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    if hidden_first:
        sheet.sheet_state = "hidden"
        sheet.append(["notes"])
        sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def with_part(content: bytes, name: str, replacement: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {part: package.read(part) for part in package.namelist()}
    return zipped({**parts, name: replacement})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_file_is_read_in_every_usual_encoding_and_separator(tmp_path: Path, encoding: str, separator: str,
                                                                  end: str) -> None:
    cells = [["单位编号", "单位名称"], ["U1", "甲酒店"], ["U2", "乙商场"]]
    text = "".join(separator.join(row) + end for row in cells)
    sheet = read(write(tmp_path, text.encode(encoding)))
    assert sheet.header == ["单位编号", "单位名称"]
    assert rows_of(sheet) == ROWS


def test_blank_lines_are_left_out_and_a_quoted_line_break_keeps_the_count_of_lines(tmp_path: Path) -> None:
    text = '\n\nunit_no,name\nU1,"甲\n酒店"\n,\n\n"U2","a ""b"", c"\n'
    sheet = read(write(tmp_path, text.encode()))
    assert sheet.header == ["unit_no", "name"]
    assert rows_of(sheet) == [[4, ["U1", "甲\n酒店"]], [8, ["U2", 'a "b", c']]]


def test_a_line_that_tells_the_separator_is_heeded_and_is_no_row(tmp_path: Path) -> None:
    sheet = read(write(tmp_path, b"sep=;\nunit_no;name\nU1;a,b\n"))
    assert (sheet.header, rows_of(sheet)) == (["unit_no", "name"], [[3, ["U1", "a,b"]]])


def test_a_workbook_is_read_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    content = workbook([["单位编号", "单位名称"], ["U1", "甲酒店"], [None, None], ["U2", "乙商场"]], hidden_first=True)
    sheet = read(write(tmp_path, content, "units.csv"))
    assert sheet.header == ["单位编号", "单位名称"]
    assert rows_of(sheet) == [[2, ["U1", "甲酒店"]], [4, ["U2", "乙商场"]]]


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "is empty"),
    (b" \n\r\n", "is empty"),
    (b"\xef\xbb\xbf", "is empty"),
    (b"\x00\x01\x02binary", "not text"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
    (b"%PDF-1.7 \xff\xff\xff\xff", "neither CSV nor XLSX"),
    (b"\xff\xfeodd", "begins as UTF-16"),
    (b"\xef\xbb\xbfunit_no,name\nU1,\xd6\xd0\n", "UTF-8 but line 2"),
    ("单位编号,单位名称\nU1,甲酒店\nU2,乙商".encode() + b"\xff\n", "UTF-8 but line 3"),
    (b'unit_no,name\nU1,"a\nU2,b\nU3,c\n', "line 2: the quotation marks"),
    (b'unit_no,name\nU1,a\nU2,"b"x\n', "line 3: the quotation marks"),
    (b"unit_no,name\nU1," + b"x" * 200_000 + b"\n", "more than 131072 characters"),
    (b"unit_no," * 300 + b"name\nU1\n", "301 columns: at most 200"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
    (b"PK\x03\x04 broken", "is damaged"),
    (zipped({"a.txt": b"hello"}), "not an XLSX workbook"),
    (zipped({"[Content_Types].xml": b"<Types/>"}), "not a workbook that can be read"),
    (zipped({"[Content_Types].xml": b'<!DOCTYPE x [<!ENTITY a "b">]><Types/>'}), "defines entities"),
    (workbook([]), "is empty"),
    (workbook([["unit_no", "name"]])[:-200], "damaged"),
], ids=range(20))
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(FileRefused, match=sentence) as refused:
        rows_of(read(path))
    assert "units.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("sheet_xml", [
    SHEET + b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'
    b"</sheetData></worksheet>",
    SHEET + b'<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row></sheetData></worksheet>',
    SHEET + b'<row r="2"><c r="A2"><v>' + b"9" * 5000 + b"</v></c></row>"
    b"</sheetData></worksheet>",
    SHEET + b'<row r="2"><c r="A2"',
], ids=["a row far away", "a column far away", "a number without end", "cut off"])
def test_a_sheet_that_lies_about_itself_is_refused_and_does_not_hang(tmp_path: Path, sheet_xml: bytes,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "_LAST_ROW", 20_000)
    content = with_part(workbook([["unit_no"]]), "xl/worksheets/sheet1.xml", sheet_xml)
    with pytest.raises(FileRefused):
        rows_of(read(write(tmp_path, content, "units.xlsx")))


_CELLS = (b'<c r="A2" t="inlineStr"><is><t>U1</t></is></c>'
          b'<c r="B2" t="inlineStr"><is><r><t>two </t></r><r><t xml:space="preserve"> runs</t></r></is></c>'
          b'<c r="C2" t="inlineStr"><is><t>\xe7\x94\xb2</t><rPh sb="0" eb="1"><t>jia</t></rPh></is></c>'
          b'<c r="E2" t="inlineStr"><is><t/></is></c><c r="F2" t="inlineStr"><is/></c><c r="G2"><v>1.5</v></c>'
          b'<c r="H2" t="b"><v>1</v></c><c r="I2" t="str"><f>A2</f><v>U1</v></c><c r="J2" t="e"><v>#N/A</v></c>'
          b'<c r="L2"><v>7</v></c><c r="M2"/><c r="N2" t="inlineStr"/>')


def test_cells_of_a_workbook_are_what_openpyxl_reads_in_them(tmp_path: Path) -> None:
    """Texts that stand in their cells are read past it, and rows that the file has not are not made."""
    rows = (b'<row r="2">' + _CELLS + b'</row><row r="5"><c r="A5"><v>5</v></c></row><row r="4"><c r="A4"><v>4</v></c>'
            b'</row><row><c><v>6</v></c><c t="inlineStr"><is><t> b </t></is></c></row></sheetData></worksheet>')
    content = with_part(workbook([["unit_no"]]), "xl/worksheets/sheet1.xml", SHEET + rows)
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()
    wanted = [[number, list(cells)] for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1)]
    for _number, cells in wanted:
        while cells and cells[-1] in (None, ""):
            cells.pop()
    found = rows_of(read(write(tmp_path, content, "units.xlsx")))
    assert found == [[number, cells] for number, cells in wanted[1:] if cells]
    assert found[0][1][:4] == ["U1", "two  runs", "甲", None]


def test_what_is_not_a_file_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="there is no file"):
        read(tmp_path / "missing.csv")
    with pytest.raises(FileRefused, match="is not a file"):
        read(tmp_path)
    with pytest.raises(FileRefused, match="is not a file"):
        read(Path("/dev/zero"))
    with pytest.raises(FileRefused, match="can't be read|no file"):
        read(Path("a\x00b"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileRefused, match="is not a file"):
        read(tmp_path / "pipe")


def test_a_file_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b"unit_no,name\nU1,a\n\nU2,b\nU3,c\n")
    with pytest.raises(FileRefused, match="more than 2 rows: split it"):
        rows_of(read(path, Limits(rows=2)))
    assert len(rows_of(read(path, Limits(rows=3)))) == 3
    with pytest.raises(FileRefused, match="larger than 0 MB"):
        read(path, Limits(file_bytes=20))


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    content = zipped({"[Content_Types].xml": b"<Types/>", "xl/sharedStrings.xml": b"0" * 5_000_000})
    assert len(content) < 10_000
    with pytest.raises(FileRefused, match="unpacks to more than 4 MB"):
        read(write(tmp_path, content), Limits(unpacked_bytes=4_000_000))
    many = zipped({f"{number}.xml": b"" for number in range(2001)})
    with pytest.raises(FileRefused, match="unpacks to more than"):
        read(write(tmp_path, many))


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(FileRefused):
        _header, rows, _expected = csv_file.read("x.csv", content, TITLES.__contains__)
        list(rows)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1))
@settings(deadline=None)
def test_text_in_gb18030_or_utf8_is_decoded_as_it_was_written(text: str) -> None:
    assert csv_file.decode("x", ("单位" + text).encode("utf-8-sig")) == "单位" + text


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_put_together_from_two_encodings_is_refused_by_line(tmp_path: Path, order: int) -> None:
    halves = ["甲酒店\n".encode(), "乙商场和丙仓库\n".encode("gb18030")][::order]
    path = write(tmp_path, b"name\n" + b"".join(halves))
    with pytest.raises(FileRefused, match="mixes encodings: line . is UTF-8 and line . is not"):
        read(path)


def test_a_workbook_that_packs_as_no_table_does_is_refused(tmp_path: Path) -> None:
    content = zipped({"[Content_Types].xml": b"<Types/>", "xl/sharedStrings.xml": b"0" * 25_000_000})
    with pytest.raises(FileRefused, match="unpacks to more than 100 times its size"):
        read(write(tmp_path, content))
