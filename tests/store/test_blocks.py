"""Columns of numbers arrive as the rows they stand for."""

import datetime as dt

import numpy as np
import pytest
from psycopg.errors import UniqueViolation

from store import Database
from store.blocks import copy_block

COLUMNS = "create table block (a int2, b int4 primary key, c int8, d float8, e timestamptz)"


def test_a_block_arrives_value_by_value(db: Database) -> None:
    count = 70_000  # more than one write
    numbers = np.arange(count)
    ts = np.datetime64("1999-12-31T23:59:59.5", "us") + numbers.astype("timedelta64[s]")
    with db.connection() as connection:
        connection.execute(COLUMNS)
        written = copy_block(connection, "block", {
            "a": ("int2", numbers % 100 - 50), "b": ("int4", numbers), "c": ("int8", numbers * 10**12),
            "d": ("float8", numbers / 3), "e": ("timestamptz", ts)})
        assert written == count
        total = connection.execute("select count(*) as n, sum(c)::text as c from block").fetchone()
        row = connection.execute("select * from block where b = 69999").fetchone()
    assert total == {"n": count, "c": str(sum(range(count)) * 10**12)}
    assert row == {"a": 49, "b": 69_999, "c": 69_999 * 10**12, "d": 69_999 / 3,
                   "e": dt.datetime(1999, 12, 31, 23, 59, 59, 500_000, dt.UTC) + dt.timedelta(seconds=69_999)}


def test_an_empty_block_writes_nothing(db: Database) -> None:
    with db.connection() as connection:
        connection.execute(COLUMNS)
        assert copy_block(connection, "block", {"b": ("int4", np.array([], int))}) == 0


def test_a_block_that_breaks_a_key_is_refused_whole(db: Database) -> None:
    with db.connection() as connection:
        connection.execute(COLUMNS)
    with pytest.raises(UniqueViolation), db.connection() as connection:
        copy_block(connection, "block", {"b": ("int4", np.array([1, 2, 1]))})
    assert db.row("select count(*) as n from block") == {"n": 0}


def test_letters_days_and_rows_of_numbers_arrive_as_they_are(db: Database) -> None:
    numbers = np.array([[1.5, np.nan], [-0.00390625, 65_536.0]], dtype=np.float32)
    with db.connection() as connection:
        connection.execute("create table block (a char(1), b date, c real, d real[])")
        copy_block(connection, "block", {
            "a": ("char1", np.array([b"A", b"D"])),
            "b": ("date", np.array(["1999-12-31", "2026-03-01"], "datetime64[D]")),
            "c": ("float4", np.array([0.5, 2.0])), "d": ("float4[]", numbers)})
    rows = db.rows("select a, b, c, d::text as d, d[2] = 65536 as whole from block order by b")
    assert [row["d"] for row in rows] == ["{1.5,NaN}", "{-0.00390625,65536}"]
    assert [(row["a"], row["b"], row["c"]) for row in rows] == [
        ("A", dt.date(1999, 12, 31), 0.5), ("D", dt.date(2026, 3, 1), 2.0)]
