"""A file of one kind of record in: every bad row listed, the good rows stored in one transaction, twice as once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from casework.errors import CaseworkError
from casework.record_import import storing
from casework.record_import.collecting import seldom
from casework.record_import.kinds import KINDS, Kind
from policy.clocks import legal_day
from registry import audit
from registry.cells import shown
from registry.importing import check_actor
from registry.reading import Progress, RowProblem, open_file, twin_fault
from registry.table_file import Limits
from registry.validating import Candidate
from store import Database

# Rows of a statement: enough that its joins are worth it, few enough that reading goes on beside it. The first are few,
# since until then the database has nothing to do.
_FIRST, _BATCH = 4_000, 20_000


@dataclass(frozen=True)
class RecordReport:
    """What became of a file: ``total == accepted + rejected_rows``, ``accepted == inserted + updated + unchanged``.

    ``rejected`` lists every problem; a row with two wrong cells stands in it twice. ``sha256`` is that of the file.
    """

    kind: str
    file: str
    sha256: str
    total: int
    inserted: int
    updated: int
    unchanged: int
    rejected: list[RowProblem]
    dry_run: bool = False

    @property
    def accepted(self) -> int:
        return self.inserted + self.updated + self.unchanged

    @property
    def rejected_rows(self) -> int:
        return len({problem.line for problem in self.rejected})


def import_record(db: Database, kind: str, path: Path | str, *, actor: str, day: dt.date | None = None,
                  dry_run: bool = False, limits: Limits | None = None,
                  progress: Progress | None = None) -> RecordReport:
    """Bring in the CSV or XLSX file ``path`` of the ``kind``; ``day`` is the legal day, today if left out.

    A row that is wrong in any cell, or names a unit, officer, item, area or inspection that there is not, is rejected
    as a whole. The others are stored in one transaction with one line of audit. Where a file can't be read as a table
    at all, or the rows contradict each other, one sentence refuses it and nothing is stored.
    """
    if kind not in KINDS:
        raise CaseworkError(f"there is no kind of record {shown(kind)}: there are {', '.join(KINDS)}")
    check_actor(actor)
    day, path, one = day or legal_day(dt.datetime.now(dt.UTC)), Path(path), KINDS[kind]
    file = open_file(one.table, path, day, limits, progress)
    total, faulty = 0, list[Candidate]()
    counts = dict.fromkeys(("inserted", "updated", "unchanged"), 0)
    # While the database works on some rows, the next ones are read; the connection is the worker's alone meanwhile.
    with seldom(), db.connection() as connection, ThreadPoolExecutor(1) as worker:
        digest = worker.submit(_digest, path)
        stored = storing.Storing(connection, one, actor)
        pending: Future[dict[str, int]] | None = None
        for rows in _gathered(file.blocks):
            batch = storing.ready(one, rows)
            if pending is not None:
                _add(counts, pending.result())
            total += len(rows)
            pending = worker.submit(_take, stored, batch, faulty)
        if pending is not None:
            _add(counts, pending.result())
            _take_twins(stored, one, faulty, counts)
            storing.finish(connection, one)
        report = RecordReport(kind, path.name, digest.result(), total, counts["inserted"], counts["updated"],
                              counts["unchanged"], file.problems(sorted(faulty, key=lambda row: row.line)), dry_run)
        if dry_run:
            connection.rollback()
        else:
            audit.record(connection, actor, "import", "record", kind, None, {
                "file": report.file, "sha256": report.sha256, "total": report.total, **counts,
                "rejected": report.rejected_rows})
            storing.analyze(connection, one, report.inserted + report.updated)
    return report


def _gathered(blocks: Iterator[list[Candidate]]) -> Iterator[list[Candidate]]:
    """Blocks as large as a statement is worth."""
    held, enough = list[Candidate](), _FIRST
    for block in blocks:
        held += block
        if len(held) >= enough:
            yield held
            held, enough = [], min(2 * enough, _BATCH)
    if held:
        yield held


def _take(stored: storing.Storing, batch: storing.Batch, faulty: list[Candidate]) -> dict[str, int]:
    counts = stored.take(batch)
    faulty.extend(row for row in batch.candidates if row.faults)
    return counts


def _take_twins(stored: storing.Storing, kind: Kind, faulty: list[Candidate], counts: dict[str, int]) -> None:
    """Of rows with one key the first good one is taken, though one above was read well and then found not to fit."""
    while True:
        lines = {row.line for row in faulty}
        first: dict[int, Candidate] = {}
        for row in sorted((row for row in faulty if row.twin_of in lines), key=lambda row: row.line):
            above = first.setdefault(row.twin_of or 0, row)
            if above is not row:
                row.twin_of, row.faults = above.line, [twin_fault(kind.table, row, above.line)]
        if not first:
            return
        again = list(first.values())
        for row in again:
            row.twin_of, row.faults = None, []
        faulty[:] = [row for row in faulty if row.faults]
        _add(counts, _take(stored, storing.ready(kind, again), faulty))


def _add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        counts[name] += count


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
