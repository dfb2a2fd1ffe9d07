"""The files of a simulated city go through the import that an operator's own files go through."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from registry.importing import import_table
from simulators.city import generate, write
from store import Database

NOUNS = ("areas", "units", "vendors", "devices", "officers", "items", "leave", "recusals")


def test_every_register_is_imported_whole_and_a_second_time_changes_nothing(db: Database, tmp_path: Path) -> None:
    counts = write(generate(21, units=150, devices=400, until=dt.date(2026, 3, 2), days=2), tmp_path)
    for noun in NOUNS:
        report = import_table(db, noun, tmp_path / f"{noun}.csv", actor="test")
        assert (report.inserted, report.rejected) == (counts[noun], []), noun
    for noun in NOUNS:
        report = import_table(db, noun, tmp_path / f"{noun}.csv", actor="test")
        assert (report.unchanged, report.rejected) == (counts[noun], []), noun
