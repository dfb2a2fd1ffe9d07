"""Columns crossed for the fit tell what each would tell by itself."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.crossing import crossed


@pytest.mark.parametrize("rows", [1, 40, 5_000, 40_000])
def test_crossed_columns_give_the_sums_and_the_counts_of_each(rows: int) -> None:
    rng = np.random.default_rng(rows)
    cells = (26, 3, 26, 2, 7, 300, 26, 1)
    columns = [rng.integers(0, many, rows).astype(np.int16) for many in cells]
    tables = [rng.normal(size=many) for many in cells]
    values = rng.normal(size=rows)
    looked_up = crossed(columns, cells)
    assert sorted(column for group in looked_up.groups for column in group) == list(range(len(cells)))
    expected = 0.5 + np.sum([table[codes] for table, codes in zip(tables, columns, strict=True)], axis=0)
    assert looked_up.sums(tables, 0.5) == pytest.approx(expected)
    for found, codes, many in zip(looked_up.counts(values), columns, cells, strict=True):
        assert found == pytest.approx(np.bincount(codes, values, many))


def test_many_rows_are_looked_up_in_fewer_tables_and_few_rows_in_none_that_are_larger_than_they() -> None:
    cells = (26,) * 6
    assert len(crossed([np.zeros(400_000, dtype=np.int16)] * 6, cells).groups) == 3
    assert len(crossed([np.zeros(100, dtype=np.int16)] * 6, cells).groups) == 6
