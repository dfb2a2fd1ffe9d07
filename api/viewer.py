"""Who looks: the account behind a request, what its role may do, and which areas it sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["administrator", "brigade", "officer", "town", "vendor"]
ROLES: tuple[Role, ...] = ("administrator", "brigade", "officer", "town", "vendor")
STAFF: tuple[Role, ...] = ("administrator", "brigade", "officer", "town")
LEADS: tuple[Role, ...] = ("administrator", "brigade")


@dataclass(frozen=True)
class Viewer:
    """A logged-in account. ``areas`` are the codes it sees with all beneath them; None means every area."""

    username: str
    display_name: str
    role: Role
    areas: list[str] | None
    vendor_code: str | None
    officer_no: str | None
    token: str

    @property
    def scope(self) -> dict[str, Any]:
        """The parameters by which every query that names a unit is limited: ``areas``."""
        return {"areas": self.areas}

    def sees(self, area_code: str) -> bool:
        """Whether an area belongs to this account."""
        return self.areas is None or area_code in self.areas
