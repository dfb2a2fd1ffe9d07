"""修复指引: what a unit has to do for repair, with its own dates, papers and periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from casework.credit_record import exclusions, repairs
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)


def of(connection: Connection, unit: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    """The guide for a unit on a day: every discredit record that is public, the earliest first."""
    return {"unit_no": unit["unit_no"], "unit_name": unit["name"], "day": day, "steps": steps(day),
            "entries": [_entry(connection, one, day)
                        for one in connection.execute(q["public"], {"unit": unit["unit_id"]}).fetchall()]}


def steps(day: dt.date) -> list[dict[str, str]]:
    """The procedure with the periods of policy."""
    wd = {name: rules().value(f"credit.repair_{name}", day)["working_days"]
          for name in ("complete", "decided", "notice", "removal")}
    return [
        {"zh": "履行处罚决定，完成整改，消除影响",
         "en": "do what the decision asks, correct the hazards, undo the effect"},
        {"zh": "自最早可申请之日起提交申请及全部材料", "en": "apply with all papers from the first permitted day on"},
        {"zh": f"材料不齐的，{wd['complete']} 个工作日内一次性告知",
         "en": f"missing papers are told once within {wd['complete']} working days"},
        {"zh": f"材料齐全后 {wd['decided']} 个工作日内办结，其中公示 {wd['notice']} 个工作日",
         "en": f"decided within {wd['decided']} working days of complete papers, {wd['notice']} of them public notice"},
        {"zh": f"准予修复的送达修复确认书，信用平台 {wd['removal']} 个工作日内终止公示",
         "en": f"a confirmation is served, and publicity on the platform ends within {wd['removal']} working days"}]


def _entry(connection: Connection, public: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    target = "penalty" if public["kind"] == "penalty" else "listing"
    reason = exclusions.why(exclusions.of(connection, public), max(day, public["earliest_on"]))
    wanted = repairs.missing_papers(target, public["what"], (), day)
    running = connection.execute(repairs.q["running"], {"unit": public["unit_id"], "target": target,
                                                        "ref": public["ref"]}).fetchone()
    wait = max((public["earliest_on"] - day).days, 0)
    return {"target": target, "ref": public["ref"], "what": public["what"], "basis": public["basis"],
            "decided_on": public["decided_on"], "earliest_on": public["earliest_on"], "until_on": public["until_on"],
            "may_apply": wait == 0 and reason is None and running is None, "days_to_wait": wait,
            "refusal": reason[0] if reason else None, "refusal_zh": reason[1] if reason else None,
            "running": running["matter_no"] if running else None,
            "papers": [{"code": one["code"], "zh": one["zh"], "en": one["en"]}
                       for one in rules().value("credit.repair_papers", day) if one["code"] in wanted]}
