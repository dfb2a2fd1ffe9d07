"""A table in a stranger's file: CSV or XLSX by its first bytes, never by its name, and bounded in every size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from registry import csv_file, xlsx_file
from registry.errors import FileRefused


@dataclass(frozen=True)
class Limits:
    """What a file may hold: bytes on disk, bytes when unpacked (XLSX), columns and rows."""

    file_bytes: int = 100_000_000
    unpacked_bytes: int = 600_000_000
    columns: int = 200
    rows: int = 200_000


@dataclass(frozen=True)
class Sheet:
    """The header and the rows below it, each with the line (CSV) or row (XLSX) on which it begins; blank rows left out.

    ``expected`` is about how many rows there are, for a progress bar. ``padded`` says that a row may end early because
    the format leaves out empty cells. Reading ``rows`` may still raise :class:`FileRefused`.
    """

    header: list[object]
    rows: Iterator[tuple[int, list[object]]]
    expected: int
    padded: bool


def read(path: Path, is_title: Callable[[str], bool], limits: Limits) -> Sheet:
    """Open a CSV or XLSX file; :class:`FileRefused` says in a sentence why it can't be read as a table.

    ``is_title`` tells a column title that is known from one that is not: the separator of a CSV file is the one that
    splits its first line into the most of them.
    """
    content = _content(path, limits)
    if content.startswith(b"PK\x03\x04"):
        header, rows, expected = xlsx_file.read(path.name, content, limits.unpacked_bytes, limits.columns)
        padded = True
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(f"{path.name} is an old Excel file (.xls) or has a password: save it as .xlsx without")
    else:
        header, rows, expected = csv_file.read(path.name, content, is_title)
        padded = False
    if len(header) > limits.columns:
        raise FileRefused(f"{path.name} has {len(header)} columns: at most {limits.columns} are read")
    return Sheet(header, _bounded(path.name, rows, limits.rows), expected, padded)


def _content(path: Path, limits: Limits) -> bytes:
    try:
        # A device or a pipe has no size that could be bounded.
        if not path.is_file():
            raise FileRefused(f"{path} is not a file" if path.exists() else f"there is no file {path}")
        with path.open("rb") as file:
            content = file.read(limits.file_bytes + 1)
    except (OSError, ValueError) as error:
        raise FileRefused(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > limits.file_bytes:
        raise FileRefused(f"{path.name} is larger than {limits.file_bytes // 1_000_000} MB: split it")
    if not content.strip():
        raise FileRefused(f"{path.name} is empty")
    return content


def _bounded(name: str, rows: Iterator[tuple[int, list[object]]], most: int) -> Iterator[tuple[int, list[object]]]:
    count = 0
    for row in rows:
        # Nearly every row begins with a word: the others are looked at cell by cell.
        if (row[1] and str(row[1][0])[:1].isalnum()) or not _is_blank(row[1]):
            count += 1
            if count > most:
                raise FileRefused(f"{name} has more than {most} rows: split it")
            yield row


def _is_blank(cells: list[object]) -> bool:
    for cell in cells:
        if cell is not None and not (isinstance(cell, str) and (not cell or cell.isspace())):
            return False
    return True
