"""The numbers that a reported district must give: the 24 items of one published yearly report unless told otherwise."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from simulators.errors import SimulatorError

#: Most hazards that one visit can find: the items of the small catalogue.
ITEMS = 12
BRIGADE = 24
#: Units that the brigade visits, again and again.
OWN_UNITS = 1_800


@dataclass(frozen=True)
class Targets:
    """Each field is the figure of the same name; ``carried`` of ``hazards_corrected`` were found the year before."""

    officers_sent: int = 9_858
    inspections: int = 4_929
    hazards_found: int = 2_838
    hazards_corrected: int = 2_792
    notices: int = 2_476
    major_notices: int = 7
    major_corrected: int = 6
    complaints: int = 1_283
    licences: int = 619
    penalties: int = 521
    units_stopped: int = 36
    units_sealed: int = 4
    fires_ordinary: int = 18
    fires_simple: int = 120
    fires_minor: int = 346
    transfers: int = 1
    people_reached: int = 100_000
    drafting_courses: int = 4
    town_posts: int = 34
    agreements: int = 22
    empowered_towns: int = 22
    joint_inspections: int = 300
    town_units: int = 7_982
    town_hazards_found: int = 9_829
    town_hazards_corrected: int = 9_062
    empowered_ordinary: int = 80
    empowered_simple: int = 200
    delegated_ordinary: int = 50
    delegated_simple: int = 20
    carried: int = 0
    town_carried: int = 0

    @classmethod
    def of(cls, told: dict[str, object]) -> Targets:
        """From a table of names and whole numbers; what is not named is as published."""
        known = {one.name for one in dataclasses.fields(cls)}
        for name, value in told.items():
            if name not in known:
                raise SimulatorError(f"{name} is no target: one of {', '.join(sorted(known))}")
            if isinstance(value, bool) or not isinstance(value, int):
                raise SimulatorError(f"the target {name} must be a whole number, not {value!r}")
        return cls(**told)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            if not 0 <= getattr(self, one.name) <= 10_000_000:
                raise SimulatorError(f"the target {one.name} must be from 0 to 10,000,000")
        self._refuse(self.inspections <= self.officers_sent <= BRIGADE * self.inspections,
                     f"officers_sent must be from 1 to {BRIGADE} an inspection")
        self._refuse(self.joint_inspections <= self.inspections, "joint_inspections must not be above inspections")
        self._refuse(self.hazards_found <= ITEMS * self.inspections,
                     f"hazards_found must not be above {ITEMS} an inspection")
        self._refuse(self.town_hazards_found <= ITEMS * self.town_units,
                     f"town_hazards_found must not be above {ITEMS} a unit of towns")
        self._refuse(self.carried <= self.hazards_corrected <= self.hazards_found + self.carried,
                     "hazards_corrected must be from carried to hazards_found with carried added")
        self._refuse(self.town_carried <= self.town_hazards_corrected <= self.town_hazards_found + self.town_carried,
                     "town_hazards_corrected must be from town_carried to town_hazards_found with town_carried added")
        self._refuse(self.notices == 0 or self.inspections > 0, "notices need inspections")
        self._refuse(max(self.units_stopped, self.units_sealed) <= OWN_UNITS,
                     f"units_stopped and units_sealed must not be above {OWN_UNITS}")
        self._refuse(self.drafting_courses <= 1_000 and self.agreements <= 900 and self.empowered_towns <= 900,
                     "a district has at most 900 towns and 1,000 courses")

    def _refuse(self, fits: bool, sentence: str) -> None:
        if not fits:
            raise SimulatorError(sentence)

    @property
    def towns(self) -> int:
        """How many towns the district needs."""
        return max(self.agreements, self.empowered_towns, 1)
