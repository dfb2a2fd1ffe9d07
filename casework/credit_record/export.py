"""信用信息归集: permits, penalties, inspections and coercive measures as the credit platform takes them.

Every record of a period is either exported or held back for one reason, so that the counts add up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.errors import CaseworkError
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

KINDS = ("permit", "penalty", "inspection", "coercion")
REASONS = ("withdrawn", "natural_person", "simple_procedure", "kind_not_public", "is_penalty", "publicity_ended",
           "no_credit_code")
_LONGEST = dt.timedelta(days=366)
_BATCH = 2000


@dataclass(frozen=True)
class Field:
    """A field of the export: its code at the platform, what it is, and the column that it comes of."""

    code: str
    zh: str
    en: str
    column: str


def _fields(prefix: str, *own: tuple[str, str, str, str]) -> tuple[Field, ...]:
    shared = (("XDR_MC", "行政相对人名称", "name of the party", "name"),
              ("XDR_LB", "行政相对人类别", "kind of party", "party_zh"),
              ("XDR_SHXYM", "统一社会信用代码", "unified social credit code", "uscc"))
    last = (("JG", "实施机关", "body", "body_zh"), ("SJLY", "数据来源单位", "source of the data", "body_zh"))
    return tuple(Field(f"{prefix}_{code}", zh, en, column) for code, zh, en, column in (*shared, *own, *last))


FIELDS: dict[str, tuple[Field, ...]] = {
    "permit": _fields("XK", ("WSH", "行政许可决定文书号", "number of the permit", "number"),
                      ("XKLB", "许可类别", "kind of permit", "kind_zh"),
                      ("NR", "许可内容", "what is permitted", "content"),
                      ("JDRQ", "许可决定日期", "day of the decision", "day"),
                      ("YXQZ", "有效期自", "valid from", "valid_from"),
                      ("YXQZI", "有效期至", "valid to", "valid_to")),
    "penalty": _fields("CF", ("WSH", "行政处罚决定文书号", "number of the decision", "number"),
                       ("SY", "违法事实", "facts", "facts"), ("YJ", "处罚依据", "legal basis", "article"),
                       ("CFLB", "处罚类别", "kind of penalty", "kind_zh"),
                       ("NR_FK", "罚款金额（万元）", "fine in ten thousand yuan", "fine_wan"),
                       ("JDRQ", "处罚决定日期", "day of the decision", "day"),
                       ("GSJZQ", "公示截止期", "last day of publicity", "until_on")),
    "inspection": _fields("JC", ("WSH", "检查编号", "number of the inspection", "number"),
                          ("JCLB", "检查类别", "kind of inspection", "kind_zh"),
                          ("JCRQ", "检查日期", "day of the inspection", "day"),
                          ("JCJG", "检查结果", "result", "result_zh")),
    "coercion": _fields("QZ", ("WSH", "行政强制决定文书号", "number of the decision", "number"),
                        ("QZLB", "强制种类", "kind of measure", "kind_zh"), ("SY", "强制事由", "ground", "ground"),
                        ("JDRQ", "决定日期", "day of the decision", "day"),
                        ("JZRQ", "截止日期", "last day", "until_on"),
                        ("JCRQ", "解除日期", "day it was lifted", "ended_on")),
}
_COERCION = {"seal": "临时查封", "forced_execution": "强制执行"}


def check(first: dt.date, last: dt.date) -> None:
    """Refuse a period that is none, or too long for one file."""
    if last < first or last - first > _LONGEST:
        raise CaseworkError("the period must run forward and be at most 366 days", zh="期间应起止有序，最长 366 天")


def held(kind: str, facts: Mapping[str, Any], day: dt.date) -> str | None:
    """Why a record is held back, None where it is exported. ``day`` picks the policy."""
    public = rules().value("credit.public_penalties", day)
    against = {
        "withdrawn": facts["withdrawn"],
        "natural_person": facts["party"] not in public["parties"],
        "simple_procedure": kind == "penalty" and facts["procedure"] not in public["procedures"],
        "kind_not_public": kind == "penalty" and facts["kind"] not in public["kinds"],
        "is_penalty": kind == "coercion" and facts["kind"] not in _COERCION,
        "publicity_ended": facts["publicity_ended"], "no_credit_code": facts["no_code"]}
    return next((reason for reason in REASONS if against[reason]), None)


def counts(connection: Connection, kind: str, first: dt.date, last: dt.date,
           areas: Sequence[str] | None) -> dict[str, Any]:
    """How many records a period has, how many go out, and how many are held back for each reason."""
    check(first, last)
    total, why = 0, dict.fromkeys(REASONS, 0)
    for group in connection.execute(q[f"count_{kind}"], _asked(first, last, areas)).fetchall():
        total += group["records"]
        reason = held(kind, group, last)
        if reason:
            why[reason] += group["records"]
    return {"in": total, "exported": total - sum(why.values()), "held": {name: n for name, n in why.items() if n}}


def rows(connection: Connection, kind: str, first: dt.date, last: dt.date,
         areas: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    """The records that go out, one by one: a year of inspections does not fit into memory at once."""
    check(first, last)
    words = _words(last)
    with connection.cursor(name="credit_export") as cursor:
        cursor.itersize = _BATCH
        cursor.execute(q[kind], _asked(first, last, areas))
        for record in cursor:
            if held(kind, record, last) is None:
                yield {field.code: value for field, value in zip(
                    FIELDS[kind], _values(kind, record, words), strict=True)}


def _asked(first: dt.date, last: dt.date, areas: Sequence[str] | None) -> dict[str, Any]:
    return {"first": first, "last": last, "areas": None if areas is None else list(areas)}


def _words(day: dt.date) -> dict[str, dict[str, str]]:
    book = rules()
    return {"penalty": {one["code"]: one["zh"] for one in book.value("penalty.kinds", day)},
            "inspection": {one["code"]: one["zh"] for one in book.value("kinds.inspections", day)},
            "result": {one["code"]: one["zh"] for one in book.value("inspection.results", day)},
            "permit": {one["code"]: one["zh"] for one in book.value("credit.permit_kinds", day)},
            "coercion": _COERCION,
            "ground": {one["code"]: one["zh"] for one in book.value("enforcement.seal_grounds", day)}}


def _values(kind: str, record: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> Iterator[Any]:
    made = {"party_zh": "法人及非法人组织", "body_zh": f"{record['body']}消防救援大队",
            "kind_zh": words[kind].get(record["kind"], record["kind"])}
    if kind == "penalty":
        made["fine_wan"] = None if record["amount_yuan"] is None else str((record["amount_yuan"] / 10000).normalize())
    if kind == "coercion":
        made["ground"] = words["ground"].get(record["ground"], record["ground"])
    if kind == "inspection":
        made["result_zh"] = words["result"].get(record["result"], "")
    for field in FIELDS[kind]:
        value = made[field.column] if field.column in made else record[field.column]
        yield value.isoformat() if isinstance(value, dt.date) else value
