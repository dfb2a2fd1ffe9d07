"""Which pages each role finds in the menu."""

from __future__ import annotations

from dataclasses import dataclass

from api.viewer import LEADS, STAFF, Role, Viewer


@dataclass(frozen=True)
class Entry:
    """One line of the menu; ``key`` names its words, ``icon`` its drawing in ``icons.svg``."""

    path: str
    key: str
    icon: str
    roles: tuple[Role, ...]
    group: str

    @property
    def order(self) -> int:
        """The place of its group: in the order in which the groups first stand in the menu."""
        return [entry.group for entry in MENU].index(self.group)

    def is_at(self, path: str) -> bool:
        """Whether a page belongs under this line of the menu."""
        return path == self.path or (self.path != "/" and path.startswith(self.path + "/"))


MENU: tuple[Entry, ...] = (
    Entry("/", "nav.dashboard", "gauge", STAFF, "nav.duty"),
    Entry("/alarms", "nav.alarms", "bell", STAFF, "nav.duty"),
    Entry("/findings", "nav.findings", "lens", STAFF, "nav.duty"),
    Entry("/duty", "nav.duty_checks", "pulse", STAFF, "nav.duty"),
    Entry("/ranking", "nav.ranking", "bars", STAFF, "nav.risk"),
    Entry("/overrides", "nav.overrides", "up", STAFF, "nav.risk"),
    Entry("/draws", "nav.draws", "dice", STAFF, "nav.risk"),
    Entry("/plans", "nav.plans", "calendar", STAFF, "nav.risk"),
    Entry("/campaigns", "nav.campaigns", "target", STAFF, "nav.risk"),
    Entry("/joint-draws", "nav.joint_draws", "people", STAFF, "nav.risk"),
    Entry("/list-draws", "nav.list_draws", "trail", STAFF, "nav.risk"),
    Entry("/ratios", "nav.ratios", "scales", STAFF, "nav.risk"),
    Entry("/estimates", "nav.estimates", "target", STAFF, "nav.risk"),
    Entry("/model-audit", "nav.model_audit", "target", LEADS, "nav.risk"),
    Entry("/inspections", "nav.inspections", "clipboard", STAFF, "nav.casework"),
    Entry("/cases", "nav.cases", "book", STAFF, "nav.casework"),
    Entry("/measures", "nav.measures", "shield", STAFF, "nav.casework"),
    Entry("/major-hazards", "nav.major_hazards", "bell", STAFF, "nav.casework"),
    Entry("/deadlines", "nav.deadlines", "clock", STAFF, "nav.casework"),
    Entry("/complaints", "nav.complaints", "bell", STAFF, "nav.casework"),
    Entry("/visit-requests", "nav.visit_requests", "book", STAFF, "nav.casework"),
    Entry("/publications", "nav.publications", "globe", STAFF, "nav.casework"),
    Entry("/towns", "nav.towns", "people", STAFF, "nav.casework"),
    Entry("/referrals", "nav.referrals", "arrow", STAFF, "nav.casework"),
    Entry("/credit", "nav.credit", "scales", STAFF, "nav.casework"),
    Entry("/supervision", "nav.supervision", "lens", LEADS, "nav.casework"),
    Entry("/grid-leads", "nav.grid_leads", "lens", STAFF, "nav.casework"),
    Entry("/stations", "nav.stations", "shield", STAFF, "nav.casework"),
    Entry("/ledgers", "nav.ledgers", "book", STAFF, "nav.casework"),
    Entry("/reports", "nav.reports", "book", STAFF, "nav.casework"),
    Entry("/registers", "nav.registers", "book", (*STAFF, "vendor"), "nav.records"),
    Entry("/policy", "nav.policy", "scales", STAFF, "nav.records"),
    Entry("/vendors", "nav.vendors", "link", ("administrator", "vendor"), "nav.system"),
    Entry("/quarantine", "nav.quarantine", "shield", ("administrator", "vendor"), "nav.system"),
    Entry("/jobs", "nav.jobs", "clock", LEADS, "nav.system"),
    Entry("/storage", "nav.storage", "disk", ("administrator",), "nav.system"),
    Entry("/accounts", "nav.accounts", "people", ("administrator",), "nav.system"),
    Entry("/audit", "nav.audit", "trail", ("administrator",), "nav.system"),
    Entry("/public/draws", "nav.public", "globe", (*STAFF, "vendor"), "nav.open"),
    Entry("/public/credit", "nav.public_credit", "scales", (*STAFF, "vendor"), "nav.open"),
    Entry("/public/penalties", "nav.public_penalties", "book", (*STAFF, "vendor"), "nav.open"),
    Entry("/public/plans", "nav.public_plans", "calendar", (*STAFF, "vendor"), "nav.open"),
)


def entries(viewer: Viewer | None) -> list[Entry]:
    """The menu of one account; a visitor without login sees what is public."""
    if viewer is None:
        return [entry for entry in MENU if entry.group == "nav.open"]
    return [entry for entry in MENU if viewer.role in entry.roles]


def home(viewer: Viewer) -> str:
    """The first page of an account."""
    return "/vendors" if viewer.role == "vendor" else "/"
