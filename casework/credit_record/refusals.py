"""A step of credit that is not allowed yet: the sentence names the rule of policy and where it stands in law."""

from __future__ import annotations

import datetime as dt

from casework.enforcement.errors import GateClosed
from policy import rules


def closed(rule: str, day: dt.date, en: str, zh: str) -> GateClosed:
    """A refusal with the source and article of the rule behind it."""
    found = rules().rule(rule, day)
    where = f"{found.source} {found.article}".strip()
    return GateClosed(f"{en} ({where})", zh=f"{zh}（{where}）")
