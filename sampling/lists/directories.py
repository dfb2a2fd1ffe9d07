"""Other departments' directories for joint draws: departments, officers, objects, the yearly plan; by file or rows."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from policy.clocks import legal_day
from registry import audit, cells, table_file
from registry.cells import CellError, Reader
from registry.uscc import fault
from sampling.errors import DrawError
from store import Database, Queries

q = Queries(__file__)

Row = dict[str, Any]
_MOST_TOLD: Final = 1000


@dataclass(frozen=True)
class Field:
    """A column of a directory: its code, its Chinese title, how its cell is read, and what stands for an empty one."""

    code: str
    zh: str
    read: Reader
    needed: bool = False
    default: Any = None


@dataclass(frozen=True)
class Taken:
    """What became of a file or of rows: ``stored`` of ``total``; the others with line, column and reason."""

    noun: str
    total: int
    stored: int
    rejected: list[dict[str, Any]] = field(default_factory=list)


def _uscc(cell: object, _day: dt.date) -> str:
    found = cells.as_text(cell).upper()
    reason = fault(found)
    if reason is not None:
        raise CellError(reason)
    return found


_DEPARTMENT = cells.code(r"[a-z][a-z0-9_]{0,31}", "a small letter, then small letters, digits or _, such as police")
_NUMBER = cells.code(r"[^\s\x00-\x1f]{1,64}", "1 to 64 characters without blanks")
_AREAS = cells.words(200, 12, r"[0-9]{6,12}", "6 to 12 digits such as 990101001")
_AREA = cells.code(r"[0-9]{6,12}", "6 to 12 digits such as 990101001")


def _share(cell: object, day: dt.date) -> float:
    words = cells.as_text(cell)
    found: float = cells.number(0, 100)(words.rstrip("%％"), day)
    found = found / 100 if words.endswith(("%", "％")) else found
    if not 0 < found <= 1:
        raise CellError("it must be above 0 and at most 1, such as 0.05 or 5%")
    return found


def _letter(cell: object, _day: dt.date) -> str:
    found = cells.as_text(cell).upper()
    if found not in ("A", "B", "C", "D"):
        raise CellError("it must be one of A, B, C, D")
    return found


NOUNS: Final[dict[str, tuple[Field, ...]]] = {
    "departments": (
        Field("department", "部门代码", _DEPARTMENT, True), Field("name_zh", "部门名称", cells.text(100), True),
        Field("name_en", "英文名称", cells.text(100))),
    "officers": (
        Field("department", "部门代码", _DEPARTMENT, True),
        Field("officer_no", "人员编号", cells.code(r"[^\s\x00-\x1f]{1,32}", "1 to 32 characters without blanks"), True),
        Field("name", "姓名", cells.text(100), True), Field("certificate_to", "执法证截止日期", cells.date),
        Field("can_lead", "可任主办", cells.flag, default=True), Field("area_codes", "负责区域", _AREAS, default=[]),
        Field("daily_visits", "每日检查上限", cells.integer(0, 20), default=2),
        Field("active", "在岗", cells.flag, default=True)),
    "objects": (
        Field("department", "部门代码", _DEPARTMENT, True), Field("object_no", "对象编号", _NUMBER, True),
        Field("name", "对象名称", cells.text(200), True), Field("uscc", "统一社会信用代码", _uscc),
        Field("unit_no", "单位编号", _NUMBER), Field("area_code", "区域代码", _AREA),
        Field("address", "地址", cells.text(300)), Field("item", "抽查事项", cells.text(100)),
        Field("risk_class", "风险类别", _letter), Field("active", "在用", cells.flag, default=True)),
    "plan": (
        Field("plan_year", "年度", cells.integer(2000, 2200), True), Field("item", "抽查事项", cells.text(100), True),
        Field("launching", "发起部门", _DEPARTMENT, True),
        Field("taking_part", "配合部门", cells.words(20, 32, r"[a-z][a-z0-9_]*", "codes of departments"), True),
        Field("share", "抽查比例", _share), Field("visits", "抽查数量", cells.integer(1, 100_000))),
}


def take_file(db: Database, noun: str, path: Path, *, actor: str, now: dt.datetime) -> Taken:
    """Read a CSV or XLSX file of a directory. A row that is wrong is told and left out; the others are stored."""
    fields = _fields(noun)
    titles = {_folded(word): one for one in fields for word in (one.code, one.zh)}
    sheet = table_file.read(path, lambda word: _folded(word) in titles, table_file.Limits())
    columns = []
    for cell in sheet.header:
        known = titles.get(_folded(str(cell or "")))
        if known is None:
            raise DrawError(f"{path.name}: {noun} have no column {cells.shown(cell)!r}: the columns are "
                            f"{', '.join(one.code for one in fields)}")
        columns.append(known)
    for one in fields:
        if one.needed and one not in columns:
            raise DrawError(f"{path.name}: the column {one.code} ({one.zh}) is missing")
    rows = ((line, {one.code: cells.from_file(cell) for one, cell in zip(columns, row, strict=False)})
            for line, row in sheet.rows)
    return _take(db, noun, rows, actor, now)


def take_rows(db: Database, noun: str, rows: Sequence[Mapping[str, Any]], *, actor: str, now: dt.datetime) -> Taken:
    """The same from rows of plain values; each is told by its place, from 1."""
    codes = [one.code for one in _fields(noun)]
    known = set(codes)
    for place, row in enumerate(rows, 1):
        strange = set(row) - known
        if strange:
            raise DrawError(f"row {place}: {noun} have no field {min(strange)[:40]!r}: they have {', '.join(codes)}")
    return _take(db, noun, ((place, dict(row)) for place, row in enumerate(rows, 1)), actor, now)


def _take(db: Database, noun: str, rows: Iterable[tuple[int, Row]], actor: str, now: dt.datetime) -> Taken:
    total = stored = 0
    rejected: list[dict[str, Any]] = []
    day = legal_day(now)
    with db.connection() as connection:
        for line, row in rows:
            total += 1
            values, faults = _read(noun, row, day)
            if not faults:
                try:
                    with connection.transaction():
                        connection.execute(q[noun], values)
                    stored += 1
                except psycopg.errors.ForeignKeyViolation:
                    faults = [("department", "it names a department or an area that is not registered")]
                except psycopg.errors.CheckViolation:
                    faults = [("share", "say either a share or a number of visits")]
            rejected += [{"line": line, "column": column, "value": cells.shown(row.get(column)), "reason": reason}
                         for column, reason in faults]
        audit.record(connection, actor, "import", f"joint_{noun}", noun, None, {
            "total": total, "stored": stored, "rejected": len(rejected)})
    return Taken(noun, total, stored, rejected[:_MOST_TOLD])


def _read(noun: str, row: Row, day: dt.date) -> tuple[Row, list[tuple[str, str]]]:
    values: Row = {}
    faults = []
    for one in NOUNS[noun]:
        cell = row.get(one.code)
        if cell is None or (isinstance(cell, str) and not cell.strip()) or cell == []:
            values[one.code] = one.default
            if one.needed:
                faults.append((one.code, "it is missing"))
            continue
        try:
            values[one.code] = one.read(cell, day)
        except CellError as error:
            faults.append((one.code, str(error)))
    return values, faults


def _fields(noun: str) -> tuple[Field, ...]:
    if noun not in NOUNS:
        raise DrawError(f"there is no directory {noun[:40]!r}: say one of {', '.join(NOUNS)}")
    return NOUNS[noun]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()
