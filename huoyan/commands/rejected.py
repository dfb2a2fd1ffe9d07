"""The file of rejected rows that every import writes with ``--report``."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from registry import RegistryError, RowProblem
from registry.cells import guard


def write_report(path: Path, problems: Sequence[RowProblem]) -> None:
    """Write one line for each problem as CSV that a spreadsheet opens without running what a stranger typed."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "column", "value", "reason"])
            writer.writerows([problem.line, guard(problem.column), guard(problem.value), guard(problem.reason)]
                             for problem in problems)
    except OSError as error:
        raise RegistryError(f"the report {path} can't be written: {error.strerror}") from None
