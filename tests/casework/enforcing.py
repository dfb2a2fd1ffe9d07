"""A clerk's hand for the tests of orders and measures: cases are filed and taken from step to step in few words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from casework.enforcement import case_forms, case_record, cases
from policy.clocks import SHANGHAI
from store import Database

SHA = "ab" * 32
VIDEO = {"kind": "video", "uri": "s3://records/1.mp4", "sha256": SHA, "seconds": 90}
#: After everything that the tests enter.
NOW = dt.datetime(2027, 12, 31, 12, 0, tzinfo=SHANGHAI)
MEETING = {"held_at": "2026-03-12T15:00", "members": ["B1", "B2", "T1"], "agreed": True,
           "minutes_uri": "s3://minutes/1.pdf", "minutes_sha256": SHA}


def at(day: str, clock: str = "10:00") -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI)


class Clerk:
    """Files cases and makes their steps, as JSON would."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._filed = 0

    def file(self, day: str = "2026-03-12", **changes: Any) -> str:
        """A case of its own each time."""
        self._filed += 1
        data = {"unit_no": "U1", "filed_at": f"{day}T09:00", "procedure": "ordinary", "article": "消防法 Art. 60",
                "facts": f"安全出口上锁 {self._filed}", "officers": ["B1", "B2"], **changes}
        return cases.file(self.db, case_forms.case_form(data), "clerk", now=NOW)

    def step(self, number: str, step: str, moment: str, now: dt.datetime = NOW, **fields: Any) -> bool | None:
        """One step; ``moment`` is a day, or a day with its time."""
        when = moment if "T" in moment else f"{moment}T10:00"
        return cases.step(self.db, number, case_forms.step_form({"step": step, "at": when, **fields}), "clerk", now=now)

    def told(self, number: str, day: str, *penalties: Mapping[str, Any], **fields: Any) -> None:
        """A notice of penalties, the public told."""
        self.step(number, "notice", f"{day}T10:00", penalties=list(penalties), public_told=True, evidence=[VIDEO],
                  **fields)

    def reviewed(self, number: str, moment: str, reviewer: str = "T1", agreed: bool = True) -> None:
        self.step(number, "legal_review", moment, reviewer=reviewer, agreed=agreed)

    def read(self, number: str, now: dt.datetime = NOW) -> dict[str, Any]:
        with self.db.connection() as connection:
            return case_record.whole(connection, number, now)

    def due(self, number: str, rule: str) -> dict[str, Any]:
        """One period of a case."""
        return next(one for one in self.read(number)["clocks"] if one["rule"] == f"deadlines.{rule}")


def fine(amount: float) -> dict[str, Any]:
    return {"kind": "fine", "amount_yuan": amount}


WARNING = {"kind": "warning"}
#: What a province lays over the rules: its own regulation as a ground.
LOCAL = """
penalty.grounds:
  zh: 处罚依据
  en: grounds
  values:
    - valid_from: 1900-01-01
      value:
        某省消防条例: {"61": {fine: {organisation: 2000, citizen: 500}}}
        地方条例: {"9": {fine: {organisation: 9000, citizen: 900}}}
      source: 某省消防条例
      tag: P
"""
STOP = {"kind": "suspension"}
#: An article that a suspension can rest on.
STOPPING = "消防法 Art. 61"
