"""Documents of towns: whose name they bear, from the template that held on the day of the act.

A delegated act prints the brigade as authority and the town as agent (行政处罚法 Art. 20 ¶3), an empowered one the
town.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import forms
from casework.delegation import acts, agreements
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import SHANGHAI
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)
CODES = ("inspection_record", "order", "agreement")
_NEEDED = {"address": "地址", "started": "开始时间", "ended": "结束时间", "officers": "检查人员", "result": "检查结果"}


def put_template(db: Database, code: str, title: str, body: str, from_day: dt.date, today: dt.date, actor: str) -> int:
    """A new version of a template, from today or later on: documents of earlier days keep the text they had."""
    forms.chosen(code, "code", list(CODES))
    if from_day < today:
        raise CaseworkError(f"a template holds from today, {today}, or later: earlier documents keep their text",
                            zh=f"文书模板自今日 {today} 或以后启用，此前的文书仍用旧文本")
    with db.connection() as connection:
        row = connection.execute(q["add"], {"code": code, "from": from_day, "title": forms.word(title, "title"),
                                            "body": forms.note(body, "body") or "", "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"a template {code} from {from_day} was put before", zh=f"{code} 自 {from_day} 起的模板"
                                                                                      "已有")
        audit.record(connection, actor, "create", "document_template", f"{code}/{row['version']}", None,
                     {"from_day": from_day, "title": title})
    return int(row["version"])


def templates(connection: Connection) -> list[dict[str, Any]]:
    """Every version of every template that was put."""
    return connection.execute(q["versions"]).fetchall()


def of_act(connection: Connection, ref: str, code: str, areas: Sequence[str] | None) -> dict[str, Any]:
    """The record of a town's visit, or its orders, as they are printed; refused where a field it needs is missing."""
    forms.chosen(code, "code", ["inspection_record", "order"])
    act = acts.one(connection, "inspection", ref, areas)
    if act["body"] != "town":
        raise NotFound(f"inspection {ref} is no act of a town", zh=f"{ref} 不是镇街执法")
    day, visit_id = act["acted_on"], act["inspection_id"]
    visit = connection.execute(q["visit"], [visit_id]).fetchone()
    assert visit is not None  # noqa: S101  an act of a visit has it
    hazards = connection.execute(q["hazards"], [visit_id]).fetchall()
    orders = connection.execute(q["orders"], [visit_id]).fetchall()
    if code == "order" and not orders:
        raise NotFound(f"inspection {ref} made no order", zh=f"检查 {ref} 没有责令改正")
    results = {row["code"]: row["zh"] for row in rules().value("inspection.results", day)}
    team = connection.execute(q["team"], [visit_id]).fetchall()
    authority, agent = _names(act["regime"], act["principal_zh"], act["town_zh"], day)
    shown = hazards if code == "inspection_record" else [one for one in hazards if one["handling"] == "ordered"]
    values = {
        "number": ref, "unit": visit["unit"], "unit_no": visit["unit_no"], "address": visit["address"],
        "started": _local(visit["started_at"]), "ended": _local(visit["ended_at"]),
        "result": results.get(visit["result"]),
        "officers": "、".join(f"{one['name']}（{one['certificate_no'] or '–'}）" for one in team),
        "responsible": act["responsible_name"], "agreement": act["agreement_no"], "day": day,
        "findings": "；".join(f"{n}. {one['name']}" for n, one in enumerate(shown, 1)) or "未发现",
        "orders": "、".join(one["order_no"] for one in orders),
        "deadlines": "；".join(f"{one['order_no']} 于 {one['correct_by']} 前" for one in orders)}
    for name, chinese in _NEEDED.items():
        if not values[name]:
            raise CaseworkError(f"the document of {ref} lacks {name}: enter it in the register or the record first",
                                zh=f"{ref} 的文书缺少{chinese}，请先补录")
    return _printed(connection, code, day, values, authority, agent)


def of_agreement(connection: Connection, number: str, day: dt.date, areas: Sequence[str] | None) -> dict[str, Any]:
    """The text of a delegation agreement, by the template of the day on which it was signed."""
    held = agreements.one(connection, number, day, areas)
    if held["regime"] != "delegated":
        raise NotFound(f"agreement {number} is an empowerment: its document is the decision that empowers",
                       zh=f"{number} 为赋权，其文书是赋权决定")
    signed, scope = held["signed_on"], held["scopes"][0]
    authority, agent = _names("delegated", held["principal_zh"], held["town_zh"], signed)
    names = {row["item_code"]: row["name_zh"]
             for row in connection.execute(q["items"], {"items": scope["item_codes"], "day": scope["from_day"]})}
    powers = {row["code"]: row["zh"] for row in rules().value("delegation.powers", signed)}
    return _printed(connection, "agreement", signed, {
        "number": number, "powers": "、".join(powers.get(code, code) for code in held["powers"]), "day": signed,
        "items": "；".join(f"{code} {names.get(code, '')}" for code in scope["item_codes"]),
        "from_day": held["from_day"], "to_day": held["to_day"]}, authority, agent)


def _printed(connection: Connection, code: str, day: dt.date, values: Mapping[str, Any], authority: str,
             agent: str | None) -> dict[str, Any]:
    row = connection.execute(q["on_day"], {"code": code, "day": day}).fetchone()
    if row is None:
        text = rules().value("delegation.documents", day)[code]
        row = {"code": code, "version": 0, "from_day": None, "title": text["title"], "body": text["text"]}
    body = str(row["body"])
    filled = {**values, "authority": authority, "agent": agent or "",
              "agent_line": f"受委托机关：{agent}" if agent else ""}
    # Only known names are filled in: a template is a person's text, and other braces are their own.
    for name, value in filled.items():
        body = body.replace("{" + name + "}", "" if value is None else str(value))
    return {"title": row["title"], "authority": authority, "agent": agent, "day": day,
            "template": {name: row[name] for name in ("code", "version", "from_day")},
            "lines": [line for line in body.splitlines() if line.strip()]}


def _names(regime: str, principal: str, town: str, day: dt.date) -> tuple[str, str | None]:
    names = rules().value("delegation.names", day)
    own = str(names["town"]).replace("{area}", town)
    return (own, None) if regime == "empowered" else (str(names["brigade"]).replace("{area}", principal), own)


def _local(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
