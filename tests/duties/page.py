"""The page of duties: each row of the inventory with the tests that carry its number."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "coverage.md"
_SEEDS = {
    "H0": "Delegated enforcement of a district (委托执法工作实施方案, 2023)",
    "H1": "Reform of fire enforcement of a city (消防执法改革实施意见, 2021)",
    "H3": "A district's report on its enforcement of 2024 (行政执法总体情况报告)",
    "H4": "A district's report on its enforcement of 2022 (行政执法工作情况报告)"}
_HEAD = """# Duties of supervision and the tests that show them

Written by `make coverage` from the marks `@pytest.mark.row(number)` in the tests; a test holds that it is current. A
row is a mechanism named in a public document: its term, what an outside person can observe, and the tests that observe
it. Rows without a test say so: a list of meetings, a poster or a roster of an office may be all that is asked.
"""


@dataclass(frozen=True)
class Shown:
    """A test that carries a row's number."""

    row: int
    name: str
    file: str

    def __str__(self) -> str:
        return f"{self.name.removeprefix('test_').replace('_', ' ')} (`{self.file}`)"


def rows() -> list[dict[str, Any]]:
    """The inventory, in the order of its numbers."""
    held: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("rows.yaml").read_text(encoding="utf-8"))
    return held


def shown() -> Iterator[Shown]:
    """Every mark of every test, read from the source: no test has to run."""
    for file in sorted(TESTS.rglob("test_*.py")):
        source = file.read_text(encoding="utf-8")
        if "mark.row(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                for number in _numbers(node):
                    yield Shown(number, node.name, file.relative_to(TESTS.parent).as_posix())


def _numbers(test: ast.FunctionDef) -> Iterator[int]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.row":
            yield from (ast.literal_eval(number) for number in mark.args)


def page() -> str:
    """The whole page."""
    by_row: dict[int, list[Shown]] = defaultdict(list)
    for one in shown():
        by_row[one.row].append(one)
    held = rows()
    covered = sum(1 for row in held if by_row[row["row"]])
    out = [_HEAD, f"{covered} of {len(held)} rows have a test.\n"]
    for seed, title in _SEEDS.items():
        out.append(f"## {seed}: {title}\n")
        out.append("| row | § | 中文 | mechanism | observable | tests |")
        out.append("| --- | --- | --- | --- | --- | --- |")
        for row in held:
            if row["seed"] == seed:
                tests = "<br>".join(map(str, by_row[row["row"]])) or "none"
                cells = (row["row"], row["section"], row["zh"], row["en"], row["test"] or "–", tests)
                out.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
        out.append("")
    return "\n".join(out)
