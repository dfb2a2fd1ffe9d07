"""不予修复: why no repair is granted though its first day has come. Facts in, sentences out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.credit_record.periods import years_after
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

Reason = tuple[str, str]
_GRAVE = {"suspension", "licence_revoked", "serious"}


@dataclass(frozen=True)
class Facts:
    """What speaks against a repair: other decisions as (day, kinds), and repairs granted before as (day, kinds)."""

    decided_on: dt.date
    kinds: tuple[str, ...]
    others: Sequence[tuple[dt.date, tuple[str, ...]]]
    repairs: Sequence[tuple[dt.date, tuple[str, ...]]]


def why(facts: Facts, day: dt.date) -> Reason | None:
    """The first reason against, in English and in Chinese; the counts are policy, 0 puts one out of force."""
    rule = rules().value("credit.repair_excluded", day)
    return next((reason for one in (_records, _repairs) for reason in one(facts, day, rule)), None)


def _records(facts: Facts, day: dt.date, rule: Mapping[str, int]) -> Iterator[Reason]:
    year = years_after(day, -1)
    same = [on for on, kinds in facts.others if on > facts.decided_on and set(kinds) & set(facts.kinds)]
    if rule["same_kind_since"] and same:
        yield f"a new record of the same kind came on {max(same)}", f"{max(same)} 又有同类失信记录"
    grave = [on for on, kinds in facts.others if on > year and set(kinds) & _GRAVE]
    if 0 < rule["grave_in_year"] <= len(grave):
        yield f"a grave record of {max(grave)} lies less than a year back", f"{max(grave)} 的严重失信记录不满一年"
    recent = [on for on, kinds in facts.others if on > year and not set(kinds) & {"serious", "general"}]
    if 0 < rule["penalties_in_year"] <= len(recent):
        yield f"{len(recent)} penalties came within a year", f"一年内有 {len(recent)} 次处罚"


def _repairs(facts: Facts, day: dt.date, rule: Mapping[str, int]) -> Iterator[Reason]:
    last = max((on for on, _ in facts.repairs), default=None)
    again_from = years_after(last, rule["years_since_last"]) if last else None
    if rule["years_since_last"] and again_from and day < again_from:
        yield (f"the last repair was granted on {last}: the next can be asked for from {again_from} on",
               f"上次修复于 {last}，{again_from} 起可再次申请")
    since = years_after(day, -rule["repairs_years"])
    within = [on for on, _ in facts.repairs if on > since]
    if 0 < rule["repairs_most"] <= len(within):
        yield (f"{len(within)} repairs were granted within {rule['repairs_years']} years",
               f"{rule['repairs_years']} 年内已修复 {len(within)} 次")
    since = years_after(day, -rule["same_kind_years"])
    alike = [on for on, kinds in facts.repairs if on > since and set(kinds) & set(facts.kinds)]
    if rule["same_kind_years"] and alike:
        yield (f"a record of the same kind was repaired on {max(alike)}, within {rule['same_kind_years']} years",
               f"同类记录已于 {max(alike)} 修复，{rule['same_kind_years']} 年内不再修复")


def of(connection: Connection, entry: Mapping[str, Any]) -> Facts:
    """The facts about an entry that is public."""
    asked = {"unit": entry["unit_id"], "kind": entry["kind"], "ref": entry["ref"]}
    return Facts(entry["decided_on"], tuple(entry["what"].split(",")),
                 [(row["day"], tuple(row["what"].split(",")))
                  for row in connection.execute(q["others"], asked).fetchall()],
                 [(row["day"], tuple(row["what"].split(",")))
                  for row in connection.execute(q["repairs"], asked).fetchall()])
