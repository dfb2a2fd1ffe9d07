"""Numbers as devices write them: read without losing a digit, without a bomb, and written out again. Pure."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, Final

#: Python turns no longer text into an integer, since that takes time that grows with the square of its length.
_LONGEST_INTEGER: Final = 4000
_LONGEST_NUMBER: Final = 32


class Exact(float):
    """A number beyond 64 bits, which a float does not hold in full: ``digits`` are those that the device wrote."""

    digits: str


def fraction(text: str) -> float:
    """A JSON number with a point or an exponent; 1e400 is infinite."""
    number = float(text)
    if not 2**63 <= abs(number) < math.inf:
        return number
    exact = Exact(number)
    exact.digits = f"{Decimal(text):f}".partition(".")[0]
    return exact


def integer(text: str) -> int | float:
    """A JSON number without point or exponent; one of thousands of digits is infinite."""
    return int(text) if len(text) <= _LONGEST_INTEGER else float(text)


def number_of(value: Any) -> float | None:
    """A value as a number: numbers, and texts that are one, as many devices send them."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, str):
            # float() would also read "1_000", "nan" and "infinity", which no device means as a reading.
            return float(value) if len(value) <= _LONGEST_NUMBER and not value.strip(" 0123456789.+-eE") else None
        return float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return None


def state_text(value: Any) -> str | None:
    """A value as the text of a state: 1E+1 is 10, 101E-1 is 10.1, a list is JSON; None where it is too deep."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Exact):
        return value.digits
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return None
