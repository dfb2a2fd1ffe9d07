"""The last state of a device: merged by the time of each value, so that late data never hides newer. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from ingest.clock import iso
from ingest.judge import ReadingRow


def merge_values(stored: Mapping[str, Any], rows: Iterable[ReadingRow]) -> dict[str, Any]:
    """``{metric: [value, ts]}`` with the newest value of each metric; ``ts`` as ISO 8601 in UTC."""
    merged = dict(stored)
    newest: dict[str, ReadingRow] = {}
    for row in rows:
        held = newest.get(row.metric)
        if held is None or row.ts > held.ts:
            newest[row.metric] = row
    for metric, row in newest.items():
        if metric not in merged or _moment(merged[metric]) <= row.ts:
            merged[metric] = [row.value, iso(row.ts)]
    return merged


def _moment(entry: Any) -> dt.datetime:
    try:
        # One form of text for all: the shown milliseconds, so an equal time is taken as newer.
        return dt.datetime.fromisoformat(entry[1])
    except (TypeError, ValueError, IndexError):
        return dt.datetime.min.replace(tzinfo=dt.UTC)
