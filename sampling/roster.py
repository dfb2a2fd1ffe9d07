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
        # Of each desk and seat: the edges from the lead side (-1 where the officer may not lead) and from the other.
        self._ways: list[list[tuple[int, int]]] = []
        self._seats_of: list[list[tuple[int, int]]] = [[] for _ in loads]
        self._doors = [self._edge(2 + officer, 1, load * scale) for officer, load in enumerate(loads)]
        for officers in desks:
            lead, other = self._node(), self._node()
            self._sides.append((self._edge(0, lead, 0), self._edge(0, other, 0)))
            seats: list[int] = []
            ways: list[tuple[int, int]] = []
            for officer in officers:
                seat = self._node()
                self._seats_of[officer].append((len(self._seats), len(seats)))
                ways.append((self._edge(lead, seat, 1 << 40) if leads[officer] else -1,
                             self._edge(other, seat, 1 << 40)))
                seats.append(self._edge(seat, 2 + officer, 0))
            self._seats.append(seats)
            self._ways.append(ways)

    def add(self, desk: int, amount: int) -> bool:
        """Grant ``amount`` more flow units to the desk; False, and nothing changes, where that can't be staffed."""
        before = list(self._room)
        for edge in (*self._sides[desk], *self._seats[desk]):
            self._room[edge] += amount
        left = self._straight(desk, 0, amount) + self._straight(desk, 1, amount)
        if self._push(left):
            self.granted[desk] += amount
            return True
        self._room = before
        return False

    def withdraw(self, desk: int) -> None:
        """Take one visit of the desk back; all others stay granted."""
        self.granted[desk] -= 1
        left = self.granted[desk]
        # An officer who is on every visit of the desk must lose one: at most two are.
        full = [seat for seat, edge in enumerate(self._seats[desk]) if self._room[edge ^ 1] > left]
        for side in self._order(desk, full):
            self._cancel(desk, self._used(desk, side, full), side)
            self._room[self._sides[desk][side]] -= 1
        for edge in self._seats[desk]:
            self._room[edge] -= 1

    def engage(self, first: int, second: int) -> bool:
        """Take one visit of the load of two officers; False, and nothing changes, where what is granted then fails."""
        room = self._room
        tight = not (room[self._doors[first]] and room[self._doors[second]])
        before = list(room) if tight else room
        if self._lessen(first) and self._lessen(second):
            return True
        self._room = before
        return False

    def _lessen(self, officer: int) -> bool:
        """Take one from an officer's load, and lead what went through it another way where need be."""
        door = self._doors[officer]
        if self._room[door]:
            self._room[door] -= 1
            return True
        taken = self._taken_by(officer)
        if taken is None:
            return False
        self._cancel(*taken)
        self._room[door] -= 1
        desk, _, side = taken
        return self._push(self._straight(desk, side, 1))

    def _order(self, desk: int, full: list[int]) -> tuple[int, int]:
        """The sides (0 lead, 1 other) in which to cancel, such that two officers on every visit each lose one."""
        if full and not self._flow(desk, full[0], 0):
            return 1, 0
        return 0, 1

    def _used(self, desk: int, side: int, full: list[int]) -> int:
        """A seat that the side uses; of the seats in ``full`` the first that it does, which leaves the list."""
        for seat in full:
            if self._flow(desk, seat, side):
                full.remove(seat)
                return seat
        return next(seat for seat in range(len(self._seats[desk])) if self._flow(desk, seat, side))

    def _flow(self, desk: int, seat: int, side: int) -> int:
        edge = self._ways[desk][seat][side]
        return 0 if edge < 0 else self._room[edge ^ 1]

    def _taken_by(self, officer: int) -> tuple[int, int, int] | None:
        """A desk, seat and side through which the officer is taken."""
        for desk, seat in self._seats_of[officer]:
            for side in (0, 1):
                if self._flow(desk, seat, side):
                    return desk, seat, side
        return None

    def _cancel(self, desk: int, seat: int, side: int) -> None:
        """Take one unit of flow back from the source to the sink."""
        door = self._doors[self._to[self._seats[desk][seat]] - 2]
        for edge in (self._sides[desk][side], self._ways[desk][seat][side], self._seats[desk][seat], door):
            self._room[edge] += 1
            self._room[edge ^ 1] -= 1

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

    def _straight(self, desk: int, side: int, amount: int) -> int:
        """Send ``amount`` from one side of a desk to whoever of it has room, and move nobody; what is left over.

        Nearly all that is asked for goes this way, without a search of the whole network.
        """
        room, source, doors = self._room, self._sides[desk][side], self._doors
        for ways, seat in zip(self._ways[desk], self._seats[desk], strict=True):
            if not amount:
                break
            way = ways[side]
            if way < 0 or not room[seat]:
                continue
            door = doors[self._to[seat] - 2]
            least = min(amount, room[seat], room[door])
            if least:
                for edge in (source, way, seat, door):
                    room[edge] -= least
                    room[edge ^ 1] += least
                amount -= least
        return amount

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
