"""A clerk's hand for the tests of the credit record: notices, listings and repairs in few words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from casework import penalties
from casework.credit_record import listings, matters, notices, repairs
from casework.penalties import PenaltyForm
from policy.clocks import SHANGHAI
from store import Database

#: After everything that the tests enter.
NOW = dt.datetime(2030, 12, 31, 12, 0, tzinfo=SHANGHAI)
PAPERS = ["application", "certificate", "fine_receipt", "rectification", "promise", "mandate", "identity"]
#: By kind of penalty, where it is not Art. 60.
_ARTICLES = {"seal": 54, "suspension": 61, "licence_revoked": 58}


class CreditClerk:
    """Enters what JSON would."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def penalty(self, day: str, number: str, kind: str = "fine", unit: str = "U1") -> str:
        decided = dt.date.fromisoformat(day)
        form = PenaltyForm(unit, decided, kind, f"消防法 第{_ARTICLES.get(kind, 60)}条", ("B1", "B2"),
                           Decimal(8000) if kind == "fine" else None, number)
        return penalties.record_penalty(self.db, form, "clerk", now=NOW)

    def notice(self, day: str, listing: str = "serious", unit: str = "U1", **fields: Any) -> str:
        return notices.issue(self.db, {
            "unit_no": unit, "list": listing, "facts": "重大火灾隐患逾期未整改", "issued_at": f"{day}T09:00",
            "ground": "major_hazard_overdue" if listing == "serious" else "not_corrected", **fields}, "clerk", now=NOW)

    def notice_step(self, number: str, step: str, moment: str, **fields: Any) -> bool | None:
        return notices.step(self.db, number, {"step": step, "at": _full(moment), **fields}, "clerk", now=NOW)

    def list(self, number: str, moment: str, **fields: Any) -> int:
        return listings.list_unit(self.db, {"notice_no": number, "listed_at": _full(moment), **fields}, "clerk",
                                  now=NOW)

    def listed(self, day: str, listing: str = "serious", unit: str = "U1") -> int:
        """A unit on a list, with all that goes before, waived."""
        number = self.notice(day, listing, unit)
        self.notice_step(number, "served", f"{day}T10:00", how="direct")
        self.notice_step(number, "waived", f"{day}T11:00")
        return self.list(number, f"{day}T12:00")

    def apply(self, target: str, ref: object, day: str, unit: str = "U1", **fields: Any) -> str:
        return repairs.apply(self.db, {"unit_no": unit, "target": target, "ref": ref, "applied_at": f"{day}T09:00",
                                       "papers": PAPERS, **fields}, "clerk", now=NOW)

    def repair_step(self, number: str, step: str, moment: str, **fields: Any) -> bool | None:
        return repairs.step(self.db, number, {"step": step, "at": _full(moment), **fields}, "clerk", now=NOW)

    def read(self, number: str) -> dict[str, Any]:
        with self.db.connection() as connection:
            return matters.whole(connection, number)

    def due(self, number: str, rule: str) -> str:
        """The last day of a period, as people count it."""
        found = next(one for one in self.read(number)["clocks"] if one["rule"] == f"credit.{rule}")
        return str(found["due_at"].astimezone(SHANGHAI).date())


def _full(moment: str) -> str:
    return moment if "T" in moment else f"{moment}T10:00"
