"""The story of a day's split, read from the database: its frozen frame, or a preview of a freeze made now."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from policy import calendar
from sampling import frames, tau_month
from sampling.errors import DrawError
from sampling.reading import preview
from sampling.story import Chapter, story
from sampling.unit_story import unit_story
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Told:
    """Why a day's split is what it is; ``frozen`` False: as a freeze made now would set it."""

    day: dt.date
    frozen: bool
    working_day: bool
    chapters: tuple[Chapter, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "day": self.day.isoformat()}


def explain(connection: Connection, day: dt.date, unit_no: str | None = None) -> Told:
    """The story of a day, or of one unit on it; :class:`DrawError` where the day's frame does not have the unit."""
    row = connection.execute(q["frame"], {"day": day}).fetchone()
    frame = frames.read(row["frame"]) if row else preview(connection, day)
    working = calendar().is_working_day(day)
    if unit_no is not None:
        chapter = unit_story(frame, unit_no)
        if chapter is None:
            raise DrawError(f"unit {unit_no} is not in the frame of {day}: it is not an active unit of the register, "
                            f"or was not then")
        return Told(day, row is not None, working, (chapter,))
    month = tau_month.of(connection, day)
    # A frame frozen before the decision was made went without it.
    if month and row and row["frozen_at"] < month["decided_at"]:
        month = None
    leave = [one["officer_no"] for one in connection.execute(q["on_leave"], {"day": day})]
    return Told(day, row is not None, working, tuple(story(frame, leave, month)))
