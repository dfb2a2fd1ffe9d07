"""A file of one kind of record in: every bad row listed, the good rows stored in one transaction, twice as once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from casework.errors import CaseworkError
from casework.record_import import storing
from casework.record_import.interpreter import for_a_long_file
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
_WAITING = 1  # batches that are being written while another is laid out: what waits stands in memory


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


@for_a_long_file()
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
    with db.connection() as connection, ThreadPoolExecutor(1) as worker:
        digest = worker.submit(_digest, path)
        stored = storing.Storing(connection, one, actor)
        for batch, written in _written(stored, one, file.blocks, worker):
            total += len(batch.candidates)
            _add(counts, written)
            faulty.extend(row for row in batch.candidates if row.faults)
        if total:
            _take_twins(stored, one, faulty, counts)
            stored.finish()
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


def _written(stored: storing.Storing, kind: Kind, blocks: Iterator[list[Candidate]],
             worker: ThreadPoolExecutor) -> Iterator[tuple[storing.Batch, dict[str, int]]]:
    """Every batch when it is stored, with what became of it.

    The connection is the worker's alone. It looks a batch up before it writes the one above, so that while it writes
    the next is read and this one laid out, and the database has something to do all the time.
    """
    above: tuple[storing.Batch, Future[Sequence[Any]]] | None = None
    writing = deque[tuple[storing.Batch, Future[dict[str, int]]]]()
    for rows in chain(_gathered(blocks), [None]):
        batch = storing.ready(kind, rows) if rows else None
        looked = worker.submit(stored.look, batch) if batch else None
        if above is not None:
            laid = stored.lay(above[0], above[1].result())
            writing.append((above[0], worker.submit(stored.write, above[0], laid)))
        above = (batch, looked) if batch and looked else None
        while writing and (len(writing) > _WAITING or above is None):
            done, counts = writing.popleft()
            yield done, counts.result()


def _take(stored: storing.Storing, batch: storing.Batch, faulty: list[Candidate]) -> dict[str, int]:
    counts = stored.write(batch, stored.lay(batch, stored.look(batch)))
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
