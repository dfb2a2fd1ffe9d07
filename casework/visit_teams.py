"""Who made a visit, as binary COPY has it: of a hundred thousand visits there are few teams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from casework.errors import CaseworkError
from store import Queries, wire
from store.database import Connection

q = Queries(__file__)

Team = tuple[tuple[str, str], ...]
"""Officers with their roles."""

_HEAD = wire.head(3)
# Whose a visit is: that of the first of these bodies that took part.
_BODIES = ("brigade", "town", "police_station")


class _Laid(NamedTuple):
    staff: bytes
    between: Sequence[bytes]
    size: int


class Teams:
    """The teams of a load, each laid out once; their officers are looked up once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._bodies: dict[str, str] = {}
        self._known: dict[Team, _Laid] = {}

    def look(self, teams: set[Team]) -> None:
        """Look up the officers of some teams."""
        asked = {number for team in teams.difference(self._known) for number, _role in team}.difference(self._bodies)
        found = self._connection.execute(q["officers"], [list(asked)]) if asked else ()
        self._bodies.update((row["officer_no"], row["body"]) for row in found)

    def lay(self, teams: set[Team]) -> None:
        """Lay out what is not yet of some teams; one sentence where an officer is not in the register."""
        for team in teams.difference(self._known):
            stray = next((number for number, _role in team if number not in self._bodies), None)
            if stray is not None:
                raise CaseworkError(f"an officer of an inspection names officer {stray!r}, which is not in the "
                                    "register: load it first")
            self._known[team] = self._laid(team)

    def staff(self, team: Team) -> bytes:
        """The fields ``staff``, ``staff_bodies`` and ``staff_body`` of a visit of the team."""
        return self._known[team].staff

    def between(self, team: Team) -> Sequence[bytes]:
        """What stands before, between and behind the visit's number in the rows of its officers."""
        return self._known[team].between

    def size(self, team: Team) -> int:
        return self._known[team].size

    def _laid(self, team: Team) -> _Laid:
        roles = dict[str, str]()
        for number, role in team:
            roles.setdefault(number, role)
        if not roles:
            return _Laid(_fields((("int4", None), ("int4", None), ("text", _BODIES[0]))), (b"",), 0)
        bodies = {self._bodies[number] for number in roles}
        staff = _fields((("int4", len(roles)), ("int4", len(bodies)),
                         ("text", next(body for body in _BODIES if body in bodies))))
        rows = [_fields((("text", number), ("text", role))) for number, role in roles.items()]
        # A number stands after each head: joined by it, the parts are the rows.
        return _Laid(staff, [_HEAD, *(row + _HEAD for row in rows[:-1]), rows[-1]], len(roles))


def _fields(values: Iterable[tuple[str, Any]]) -> bytes:
    return b"".join(wire.field(kind, value) for kind, value in values)
