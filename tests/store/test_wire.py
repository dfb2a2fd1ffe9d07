"""What is laid out for binary COPY is what the database would have made of the same words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from casework import staging
from casework.staging import Column
from store import Database, wire

_MONEY = ["0", "0.00", "1", "-1", "0.01", "-0.01", "9999", "10000", "10000.5", "123456789012.34", "-99999999.99",
          "1E+5", "0.0001", "12345678.00010002", "100000000", "0.10", "5000"]


def test_numbers_of_money_arrive_as_they_are(db: Database) -> None:
    with db.connection() as connection:
        connection.execute("create temp table money (place int, amount numeric)")
        amounts = [wire.field("numeric", Decimal(one)) for one in _MONEY]
        wire.copy_wired(connection, "money", ["place", "amount"], wire.rows(
            [wire.fields("int4", range(len(_MONEY))), amounts], len(_MONEY)))
        found = connection.execute("select amount::text as amount from money order by place").fetchall()
    assert [row["amount"] for row in found] == [str(db.rows("select %s::numeric::text as a", [one])[0]["a"])
                                                for one in _MONEY]


def test_money_is_rounded_as_the_database_rounds_it(db: Database) -> None:
    amounts = [0.005, 0.015, 1.005, 2.675, 1e8, 99999.995, 0.1 + 0.2, 12345.678, 5000.0, 1e-9, 33333.335, -0.005]
    with db.connection() as connection:
        connection.execute("create temp table money (amount numeric)")
        columns, values = (Column("amount", "numeric"),), {"amount": [*amounts, None]}
        wire.copy_wired(connection, "money", ["amount"], staging.wired(columns, values, len(amounts) + 1))
        found = [row["amount"] for row in connection.execute("select amount from money")]
        asked = connection.execute("select round(a::numeric, 2) as amount from unnest(%s::float8[]) a", [amounts])
        assert found == [*(row["amount"] for row in asked), None]


def test_what_is_no_number_is_not_laid_out() -> None:
    with pytest.raises(ValueError, match="NaN is no number"):
        wire.field("numeric", Decimal("NaN"))
