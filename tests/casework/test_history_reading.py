"""How foreign files are read: days, letters, encodings, and that a large file is never held whole."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from casework.history import moments
from casework.history.header import letters
from casework.history.text_files import check
from registry.errors import FileRefused


@pytest.mark.parametrize(("told", "zone", "day"), [
    ("2024-03-04T16:00:00.000Z", "Asia/Shanghai", "2024-03-05"),
    ("2024-03-05T00:00:00Z", "America/Toronto", "2024-03-05"),
    ("2024-03-06T01:30:00+00:00", "America/Los_Angeles", "2024-03-05"),
    ("2024-03-05T23:30:00-08:00", "America/Los_Angeles", "2024-03-05"), ("2024-03-05T23:30", "UTC", "2024-03-05"),
])
def test_a_time_in_utc_belongs_to_the_day_of_the_place(told: str, zone: str, day: str) -> None:
    spec = moments.moment_spec("visit.date", {"column": "x", "timezone": zone})
    assert moments.reader(spec.formats, spec.zone)(told).day.isoformat() == day


@pytest.mark.parametrize(("told", "moment"), [
    ("2024年3月5日", "2024-03-05T00:00"), ("2024/3/5", "2024-03-05T00:00"), ("2024.3.5", "2024-03-05T00:00"),
    ("2024-3-5 9:05", "2024-03-05T09:05"), ("２０２４年3月5日9时5分", "2024-03-05T09:05"),
    ("2024年3月5日 14点", "2024-03-05T14:00"), ("2024/3/5 14:05:06", "2024-03-05T14:05"),
])
def test_a_day_with_its_year_first_needs_no_format(told: str, moment: str) -> None:
    spec = moments.moment_spec("visit.date", {"column": "x", "timezone": "UTC"})
    when = moments.reader(spec.formats, spec.zone)(told)
    assert f"{when.day}T{when.moment:%H:%M}" == moment if when.moment else f"{when.day}T00:00" == moment


@pytest.mark.parametrize(("told", "western"), [
    ("Müller,Straße,München", True), ("Gasthof Krönlein\nSchützenhof", True), ("是,否,是,A座,KTV店", False),
    ("江安大酒店,Hotel", False), ("A栋,b座,x号楼", False),
])
def test_western_letters_are_not_taken_for_chinese(tmp_path: Path, told: str, western: bool) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(told.encode("latin-1" if western else "gbk"))
    if western:
        with pytest.raises(FileRefused, match="such as cp1252, or gb18030 if it is that"):
            check(path, None)
        assert check(path, "cp1252").encoding == "cp1252"
    else:
        assert check(path, None).encoding == "gb18030"


def test_letters_and_digits_are_what_is_left_of_an_address() -> None:
    assert letters("１２ High St., Flat-B") == "12highstflatb"
    assert letters("江安区 解放大道（东）1号") == "江安区解放大道东1号"


def test_a_file_is_proved_piece_by_piece_and_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_text("id,no,day,名\n" + "1,A,2024-01-05,饭店\n" * 400_000, encoding="utf-8")
    tracemalloc.start()
    try:
        text = check(path, None)
        with text.open() as lines:
            count = sum(1 for _ in lines)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (text.encoding, text.lines, count) == ("utf-8-sig", 400_001, 400_001)
    assert peak < path.stat().st_size / 4
    path.write_bytes(path.read_bytes()[:14 + 22 * 100_000 + 16])
    with pytest.raises(FileRefused, match="large.csv is UTF-8 but line 100002 holds a byte that is not"):
        check(path, None)
