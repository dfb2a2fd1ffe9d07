"""What becomes of a request that nothing more is heard of. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from ingest.links.kinds import DUTY_CHECK

#: An answer that was received in time may be stored a moment later.
_SETTLING: Final = dt.timedelta(seconds=5)
RELEASE: Final = "release"


def verdict(row: Mapping[str, Any], now: dt.datetime, *, is_mine: bool, is_busy: bool) -> str | None:  # noqa: PLR0911
    """The final state of an open request, ``release`` where it must wait again, None where it goes on.

    ``is_mine``: this listener sent it; ``is_busy``: it is still trying. A post is found unmanned only by the listener
    that was there from the sending to the end: one that came later can't know what was said in between.
    """
    if row["state"] == "waiting":
        return "not_sent" if row["send_by"] < now else None
    if not is_mine and row["is_held"]:
        return None
    is_duty = row["kind"] == DUTY_CHECK
    if row["sends"] == 0 or row["sent_at"] is None:
        return None if is_mine else RELEASE
    over = row["answer_by"] is not None and row["answer_by"] + _SETTLING < now
    if not is_mine:
        return "interrupted" if over or not is_duty else None
    if is_duty:
        if not over or is_busy:
            return None
        return "unanswered" if row["confirmed_at"] is not None else "unconfirmed"
    return "interrupted" if over and not is_busy else None
