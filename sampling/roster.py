"""Who can staff how many visits: a maximum flow over desks and officers.

A *desk* is a set of visits that the same officers may make. A visit needs a lead and one other person, and nobody is
twice on one visit. Over a desk of ``m`` visits that is a flow: ``m`` to the desk's lead side, ``m`` to its other
side, at most ``m`` through each officer at that desk, at most the officer's load in all. By Hall's theorem every whole
flow of that kind can be dealt out to single visits, so the largest flow answers exactly whether all can be staffed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class Roster:
    """Officers with a load each, and desks to which visits are added as long as they can be staffed.

    ``leads[o]`` says whether officer ``o`` may lead; ``desks[d]`` lists the officers of desk ``d``. ``scale`` is how
    many flow units one visit is, so that parts of visits can be granted.
    """

    def __init__(self, loads: Sequence[int], leads: Sequence[bool], desks: Sequence[Sequence[int]],
                 scale: int = 1) -> None:
        self.granted = [0] * len(desks)
        self._to: list[int] = []
        self._room: list[int] = []
        self._edges: list[list[int]] = [[] for _ in range(2 + len(loads))]
        self._sides: list[tuple[int, int]] = []
        self._seats: list[list[int]] = []
        for officer, load in enumerate(loads):
            self._edge(2 + officer, 1, load * scale)
        for officers in desks:
            lead, other = self._node(), self._node()
            self._sides.append((self._edge(0, lead, 0), self._edge(0, other, 0)))
            seats = []
            for officer in officers:
                seat = self._node()
                if leads[officer]:
                    self._edge(lead, seat, 1 << 40)
                self._edge(other, seat, 1 << 40)
                seats.append(self._edge(seat, 2 + officer, 0))
            self._seats.append(seats)

    def add(self, desk: int, amount: int) -> bool:
        """Grant ``amount`` more flow units to the desk; False, and nothing changes, where that can't be staffed."""
        before = list(self._room)
        for edge in (*self._sides[desk], *self._seats[desk]):
            self._room[edge] += amount
        if self._push(2 * amount):
            self.granted[desk] += amount
            return True
        self._room = before
        return False

    def _node(self) -> int:
        self._edges.append([])
        return len(self._edges) - 1

    def _edge(self, start: int, end: int, room: int) -> int:
        number = len(self._to)
        self._to += [end, start]
        self._room += [room, 0]
        self._edges[start].append(number)
        self._edges[end].append(number + 1)
        return number

    def _push(self, amount: int) -> bool:
        """Send ``amount`` from the source (node 0) to the sink (node 1) along shortest paths with room."""
        to, room, edges = self._to, self._room, self._edges
        while amount:
            came = {0: -1}
            queue = deque([0])
            while queue and 1 not in came:
                node = queue.popleft()
                for edge in edges[node]:
                    if room[edge] and to[edge] not in came:
                        came[to[edge]] = edge
                        queue.append(to[edge])
            if 1 not in came:
                return False
            path = []
            node = 1
            while node:
                path.append(came[node])
                node = to[came[node] ^ 1]
            least = min(amount, *(room[edge] for edge in path))
            for edge in path:
                room[edge] -= least
                room[edge ^ 1] += least
            amount -= least
        return True


def most(loads: Sequence[int], leads: Sequence[bool], officers: Sequence[int], enough: int) -> int:
    """How many whole visits of one desk these officers can staff, at most ``enough``.

    One desk has a closed form: ``m`` visits can be staffed when the seats ``sum(min(load, m))`` reach ``2 m`` and those
    of people who may lead reach ``m``; both stay true for every smaller ``m``.
    """
    low, high = 0, enough
    while low < high:
        m = (low + high + 1) // 2
        seats = sum(min(loads[o], m) for o in officers)
        leading = sum(min(loads[o], m) for o in officers if leads[o])
        if seats >= 2 * m and leading >= m:
            low = m
        else:
            high = m - 1
    return low
