"""The numbers 0 to 255 that an edge node gives its messages in turn: what is missing, in any order of arrival. Pure.

Several ingest processes take turns at one edge node's messages, so a number ahead of its turn is the usual case and not
a loss. A number just behind is a repetition or a late one. Numbers serve to ask for a rebirth and for nothing else: no
message is refused or dropped for its number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_ALL: Final = 256
#: So far behind its turn a number counts as late or repeated, further as ahead by a whole round less.
_LATE: Final = 48


@dataclass(frozen=True, slots=True)
class Order:
    """``turn`` is the number that comes next; ``early`` are those that came ahead of it."""

    turn: int
    early: frozenset[int] = frozenset()

    @property
    def has_gap(self) -> bool:
        return bool(self.early)


def took(order: Order, seq: int) -> Order:
    """The order after a message with the number ``seq``."""
    ahead = (seq - order.turn) % _ALL
    if ahead >= _ALL - _LATE:
        return order
    turn, early = order.turn, order.early | {seq}
    while turn in early:
        early -= {turn}
        turn = (turn + 1) % _ALL
    return Order(turn, early)


def born(seq: int, since: Iterable[int]) -> Order:
    """The order after a birth of the node with the number ``seq``, and those that came ``since``."""
    order = Order((seq + 1) % _ALL)
    for number in since:
        order = took(order, number)
    return order


def is_soon_after(first: int, seq: int) -> bool:
    """Whether ``seq`` is one of the numbers that come next after ``first``."""
    return 0 < (seq - first) % _ALL <= _LATE
