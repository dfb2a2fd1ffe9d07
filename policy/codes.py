"""The codes that a rule lists, whichever way it writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from policy.rules import rules


def codes(rule: str, day: dt.date) -> dict[str, str]:
    """Each code of a rule on a day with its Chinese word, or itself where it has none.

    A rule writes them as a table by code, as a list of entries with a ``code``, or as a list of codes.
    """
    value: Any = rules().value(rule, day)
    if isinstance(value, Mapping):
        return {str(code): str(one.get("zh", code)) if isinstance(one, Mapping) else str(code)
                for code, one in value.items()}
    entries = [one if isinstance(one, Mapping) else {"code": one} for one in value]
    return {str(one["code"]): str(one.get("zh", one["code"])) for one in entries}
