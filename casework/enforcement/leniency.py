"""从宽情形: what in the record speaks for no or a lighter penalty, each with its article and the facts behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from policy import rules
from policy.clocks import legal_day
from store import Queries
from store.database import Connection

q = Queries(__file__)


def flags(connection: Connection, case: Mapping[str, Any], day: dt.date) -> list[dict[str, Any]]:
    """The rules of policy that hold for a case by what the record knows on ``day``."""
    rule = rules().value("enforcement.leniency", case["filed_on"])
    hazards = connection.execute(q["hazards"], {"inspection": case["inspection_id"], "items": case["items"]}).fetchall()
    found = []
    for code, hold in (("self_corrected", _self_corrected), ("first_light_corrected", _first),
                       ("trivial_on_spot", _trivial)):
        facts = hold(connection, case, hazards, rule[code], day)
        if facts:
            found.append({"rule": code, "zh": rule[code]["zh"], "en": rule[code]["en"],
                          "article": rule[code]["article"], "facts": facts})
    return found


def _self_corrected(connection: Connection, case: Mapping[str, Any], hazards: list[dict[str, Any]],
                    rule: Mapping[str, Any], day: dt.date) -> list[str]:
    items = case["items"] or [one["item_code"] for one in hazards]
    before = case["visit_began"] or case["filed_at"]
    rows = connection.execute(q["self_checks"], {"unit": case["unit_id"], "items": items, "before": before}).fetchall()
    known = {row["item_code"]: row for row in rows}
    if not items or set(items) - set(known):
        return []
    return [f"{item}: found by the unit on {known[item]['found_on']}, reported on "
            f"{legal_day(known[item]['reported_at'])}, before the inspection of {legal_day(before)}"
            + (f", corrected on {known[item]['corrected_on']}" if known[item]["corrected_on"] else "")
            for item in sorted(items)]


def _first(connection: Connection, case: Mapping[str, Any], hazards: list[dict[str, Any]], rule: Mapping[str, Any],
           day: dt.date) -> list[str]:
    if not hazards or not _all_corrected(hazards, rule, day):
        return []
    since = case["filed_on"] - dt.timedelta(days=rule["first_within_days"])
    row = connection.execute(q["earlier"], {"unit": case["unit_id"], "since": since, "day": case["filed_on"],
                                            "case": case["case_no"]}).fetchone()
    if row is None or row["earlier"]:
        return []
    return [f"no penalty since {since}", *(f"{one['item_code']}: {one['severity']}, corrected on "
                                                     f"{one['corrected_on']}" for one in hazards)]


def _trivial(connection: Connection, case: Mapping[str, Any], hazards: list[dict[str, Any]], rule: Mapping[str, Any],
             day: dt.date) -> list[str]:
    if not hazards or not _all_corrected(hazards, rule, day):
        return []
    if any(one["handling"] != "corrected_on_spot" for one in hazards):
        return []
    return [f"{one['item_code']}: {one['severity']}, corrected on the spot" for one in hazards]


def _all_corrected(hazards: list[dict[str, Any]], rule: Mapping[str, Any], day: dt.date) -> bool:
    return all(one["severity"] in rule["severities"] and not one["is_major"] and one["corrected_on"] is not None
               and one["corrected_on"] <= day and (one["due_on"] is None or one["corrected_on"] <= one["due_on"])
               for one in hazards)
