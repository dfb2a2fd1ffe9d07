"""What each kind of record has: its columns, its number, what it names, and what must hold in a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from casework.credit import misfit
from casework.record_import.cells import any_day, of_policy, past_day, past_moment, remembered
from policy.clocks import legal_day
from registry.cells import code, flag, number, text, unrounded, words
from registry.columns import Column, Fault, Reference, Row, Table
from registry.columns.table import chosen, later, of_kind
from registry.kinds import inspection_kinds

_NUMBER = text(64)
_PARTIES = {"organisation": "单位", "citizen": "个人"}
_BODIES = {"town": "乡镇街道", "police_station": "公安派出所"}


def _no(code_: str, zh: str, *, needed: bool = True) -> Column:
    return Column(code_, zh, lambda cell, day: unrounded(_NUMBER(cell, day)), needed=needed)


def _day(code_: str, zh: str, *, needed: bool = False, ahead: bool = False) -> Column:
    return Column(code_, zh, any_day if ahead else past_day, "date", needed=needed)


def _at(code_: str, zh: str, *, needed: bool = False) -> Column:
    return Column(code_, zh, past_moment, "timestamptz", needed=needed)


def _text(code_: str, zh: str, longest: int, *, needed: bool = False, default: str | None = None) -> Column:
    return Column(code_, zh, text(longest), needed=needed, default=default)


def _list(code_: str, zh: str, *, needed: bool = False) -> Column:
    return Column(code_, zh, words(100, 64), "text[]", needed=needed, default=[])


def _flag(code_: str, zh: str, *, default: bool = False) -> Column:
    return Column(code_, zh, flag, "bool", default=default)


_UNIT, _INSPECTION = _no("unit_no", "单位编号"), _no("inspection_no", "检查编号")
_OFFICERS = _list("officers", "执法人员", needed=True)
_NOTE = _text("note", "备注", 4000)
_OF_UNIT, _OF_OFFICERS = Reference("unit_no", "units"), Reference("officers", "officers")
_RESULTS = {"pass": "未发现隐患", "hazards_corrected": "隐患当场改正", "hazards_ordered": "责令改正",
            "closed": "已停业"}
_SEVERITY = {"critical": "严重", "serious": "较重", "minor": "一般"}
_HANDLING = {"corrected_on_spot": "当场改正", "ordered": "责令改正", "recorded": "记录"}
_PENALTIES = {"warning": "警告", "fine": "罚款", "suspension": "责令三停", "seal": "临时查封",
              "licence_revoked": "吊销许可"}


def _inspection(row: Row) -> Iterable[Fault]:
    started, ended = row.get("started_at"), row.get("ended_at")
    if started is None:
        return ()
    # Asked of every row of a long file: what is right is said in one step.
    if (ended is None or ended >= started) and legal_day(started) == row["inspected_on"]:
        return ()
    return _misplaced(row)


def _misplaced(row: Row) -> Iterable[Fault]:
    yield from later(row, "started_at", "ended_at", "开始时间")
    if legal_day(row["started_at"]) != row["inspected_on"]:
        yield "started_at", f"it does not lie on inspected_on (检查日期) {row['inspected_on']}"


def _order(row: Row) -> Iterable[Fault]:
    # As above: days in their order are the ordinary case.
    if row["served_on"] <= row["correct_by"] <= (row.get("recheck_by") or row["correct_by"]) and (
            row["served_on"] <= (row.get("closed_on") or row["served_on"])):
        return ()
    return _disordered(row)


def _disordered(row: Row) -> Iterable[Fault]:
    yield from later(row, "served_on", "correct_by", "送达日期")
    yield from later(row, "correct_by", "recheck_by", "限期改正日期")
    yield from later(row, "served_on", "closed_on", "送达日期")


def _case(row: Row) -> Iterable[Fault]:
    yield from later(row, "filed_on", "decided_on", "立案日期")
    yield from later(row, "filed_on", "closed_on", "立案日期")
    yield from later(row, "offence_on", "filed_on", "违法日期")
    ended = row.get("standing") in ("closed", "archived")
    if ended and not row.get("closed_on"):
        yield "closed_on", "a closed case has the day on which it was closed"
    if row.get("standing") == "decided" and not row.get("decided_on"):
        yield "decided_on", "a decided case has the day of its decision"
    if row.get("standing") == "transferred" and not row.get("closed_on"):
        yield "closed_on", "a case that was handed over has the day of it"


def _penalty(row: Row) -> Iterable[Fault]:
    yield from later(row, "decided_on", "withdrawn_on", "决定日期")
    if row.get("kind") == "fine" and not row.get("amount_yuan"):
        yield "amount_yuan", "a fine has its amount"
    if row.get("kind") != "fine" and row.get("amount_yuan"):
        yield "amount_yuan", f"an amount belongs to a fine, not to {row.get('kind')}"


def _measure(row: Row) -> Iterable[Fault]:
    yield from later(row, "began_on", "until_on", "开始日期")
    yield from later(row, "began_on", "ended_on", "开始日期")
    if row.get("kind") == "seal" and not row.get("until_on"):
        yield "until_on", "a seal has the day on which it ends"
    if row.get("standing") == "standing" and row.get("ended_on"):
        yield "ended_on", "a measure that stands has no end yet"
    if row.get("standing") in ("lifted", "done") and not row.get("ended_on"):
        yield "ended_on", "a measure that was lifted or carried out has the day on which it ended"


def _major(row: Row) -> Iterable[Fault]:
    yield from later(row, "found_on", "ended_on", "发现日期")
    yield from later(row, "found_on", "notice_on", "发现日期")
    yield from later(row, "notice_on", "ended_on", "整改通知书送达日期")
    if row.get("standing") == "not_major" and row.get("notice_on"):
        yield "notice_on", "no notice was served of what is no major hazard"
    if row.get("standing") == "accepted" and not row.get("ended_on"):
        yield "ended_on", "a major hazard that was accepted has the day on which it left the list"
    if row.get("standing") in ("determined", "listed") and row.get("ended_on"):
        yield "ended_on", "a major hazard that stands has no end yet"


def _complaint(row: Row) -> Iterable[Fault]:
    yield from later(row, "received_at", "checked_at", "受理时间")
    if row.get("checked_at") is None and row.get("verified") is not None:
        yield "verified", "only a complaint that was checked is found true or not"


def _listing(row: Row) -> Iterable[Fault]:
    yield from later(row, "from_day", "to_day", "列入日期")


def _credit(row: Row) -> Iterable[Fault]:
    fault = misfit(row["event_kind"], row["points"], row["occurred_on"])
    if fault is not None:
        yield fault


def _agreement(row: Row) -> Iterable[Fault]:
    yield from later(row, "from_day", "to_day", "起始日期")
    if row.get("regime") == "delegated" and not row.get("to_day"):
        yield "to_day", "a delegation has a last day (行政处罚法 Art. 20)"


def _referral(row: Row) -> Iterable[Fault]:
    if (row.get("state") == "closed") != bool(row.get("outcome")):
        yield "outcome", "a closed referral has an outcome, and no other has"


@dataclass(frozen=True)
class Kind:
    """One kind: its table, and which of its columns name an inspection, an item or several areas."""

    table: Table
    inspection: str | None = None
    items: str | None = None

    @property
    def code(self) -> str:
        return self.table.noun

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What a column means that a file leaves out."""
        return {column.code: column.default for column in self.table.columns}


def _kind(noun: str, zh: str, entity: str, key: tuple[str, ...], columns: tuple[Column, ...],
          references: tuple[Reference, ...] = (), check: object = None, inspection: str | None = None,
          items: str | None = None) -> Kind:
    # A key comes once; what comes again and again is read once.
    columns = tuple(one if one.code in key[:1] else replace(one, read=remembered(one.read)) for one in columns)
    table = Table(noun, zh, entity, key, columns, references)
    return Kind(replace(table, check=check) if callable(check) else table, inspection, items)


KINDS: dict[str, Kind] = {kind.code: kind for kind in (
    _kind("inspections", "监督检查", "inspection", ("inspection_no",), (
        _INSPECTION, _UNIT, of_kind("kind", "检查形式", inspection_kinds), _day("inspected_on", "检查日期",
            needed=True),
        _at("started_at", "开始时间"), _at("ended_at", "结束时间"),
        chosen("result", "检查结果", _RESULTS), _list("officers", "执法人员"), _text("team", "检查组", 100), _NOTE),
        (_OF_UNIT, _OF_OFFICERS), _inspection),
    _kind("hazards", "火灾隐患", "hazard", ("inspection_no", "item_code"), (
        _INSPECTION, _no("item_code", "检查项编码"), chosen("severity", "严重程度", _SEVERITY, needed=True),
        _flag("is_major", "重大隐患"), chosen("handling", "处理方式", _HANDLING, default="recorded"),
        _day("due_on", "限期改正日期", ahead=True), _day("corrected_on", "改正日期"), _NOTE),
        inspection="inspection_no", items="item_code"),
    _kind("orders", "责令改正通知书", "order", ("order_no",), (
        _no("order_no", "文书编号"), _INSPECTION,
        chosen("kind", "类别", {"immediate": "立即改正", "time_limited": "限期改正"}, needed=True),
        _day("served_on", "送达日期", needed=True), _day("correct_by", "限期改正日期", needed=True, ahead=True),
        _day("recheck_by", "复查期限", ahead=True), _day("closed_on", "办结日期")),
        check=_order, inspection="inspection_no"),
    _kind("cases", "行政处罚案件", "case", ("case_no",), (
        _no("case_no", "案件编号"), _UNIT, chosen("party", "当事人类别", _PARTIES, default="organisation"),
        chosen("regime", "执法体制", {"own": "自行", "delegated": "委托", "empowered": "赋权"}, default="own"),
        chosen("procedure", "程序", {"simple": "简易程序", "ordinary": "普通程序"}, needed=True),
        _text("article", "违反条款", 200, needed=True), _text("facts", "违法事实", 4000, needed=True),
        _list("items", "检查项"), _OFFICERS, _day("offence_on", "违法日期", needed=True), _flag("life_safety",
            "涉及生命安全"),
        _day("filed_on", "立案日期", needed=True),
        chosen("standing", "状态", {"decided": "已决定", "closed": "已结案", "archived": "已归档", "dropped": "撤案",
                                  "transferred": "已移送"}, needed=True),
        _day("decided_on", "决定日期"), _day("closed_on", "结案日期")), (_OF_UNIT, _OF_OFFICERS), _case, items="items"),
    _kind("penalties", "行政处罚决定", "penalty", ("case_no",), (
        _no("case_no", "决定书编号"), _UNIT, _no("inspection_no", "检查编号", needed=False),
        _day("decided_on", "决定日期", needed=True), chosen("kind", "处罚种类", _PENALTIES, needed=True),
        Column("amount_yuan", "罚款金额", number(0, 1e8), "float8"), _text("article", "处罚依据", 200, needed=True),
        _day("withdrawn_on", "撤销日期")), (_OF_UNIT,),
        _penalty, inspection="inspection_no"),
    _kind("measures", "行政强制", "measure", ("measure_no",), (
        _no("measure_no", "文书编号"), _UNIT,
        chosen("kind", "种类", {"seal": "临时查封", "suspension": "责令三停", "forced_execution": "强制执行"},
            needed=True),
        chosen("path", "程序", {"ordinary": "一般", "emergency": "紧急"}, default="ordinary"),
        _text("ground", "情形", 200, needed=True), _text("scope", "部位范围", 1000, needed=True), _OFFICERS,
        _day("began_on", "开始日期", needed=True), _day("until_on", "届满日期", ahead=True),
        chosen("standing", "状态", {"standing": "执行中", "lifted": "已解除", "expired": "届满解除", "done": "已执行"},
            needed=True),
        _day("ended_on", "解除日期")), (_OF_UNIT, _OF_OFFICERS), _measure),
    _kind("major-hazards", "重大火灾隐患", "major hazard", ("major_hazard_no",), (
        _no("major_hazard_no", "编号"), _UNIT, chosen("way", "判定方式", {"direct": "直接判定", "combined": "综合判定"},
            needed=True),
        _list("elements", "判定要素", needed=True), _OFFICERS, _day("found_on", "发现日期", needed=True),
        chosen("standing", "状态", {"determined": "已判定", "listed": "挂牌督办", "accepted": "已验收",
            "not_major": "非重大"},
               needed=True),
        chosen("level", "挂牌级别", {"province": "省级", "city": "市级", "county": "县级"}),
        _day("notice_on", "整改通知书送达日期"), _day("ended_on", "销案日期")),
        (_OF_UNIT, _OF_OFFICERS), _major),
    _kind("complaints", "举报投诉", "complaint", ("complaint_no",), (
        _no("complaint_no", "举报编号"), _UNIT, _at("received_at", "受理时间", needed=True),
        of_policy("channel", "渠道", "complaint.channels", default="other"),
        of_policy("kind", "内容类别", "deadlines.complaint_check", default="other"), _flag("anonymous", "匿名",
            default=True),
        _at("checked_at", "核查时间"), Column("verified", "是否属实", flag, "bool"), _NOTE), (_OF_UNIT,), _complaint),
    _kind("fires", "火灾", "fire", ("fire_no",), (
        _no("fire_no", "火灾编号"), _UNIT, _at("occurred_at", "起火时间", needed=True),
        chosen("procedure", "调查程序", {"ordinary": "一般程序", "simple": "简易程序", "minor": "轻微"},
            needed=True), _NOTE),
        (_OF_UNIT,)),
    _kind("credit-entries", "信用积分记录", "credit entry", ("event_kind", "event_ref"), (
        _UNIT, _day("occurred_on", "发生日期", needed=True), Column("points", "分值", number(-1000, 1000), "float8",
            needed=True),
        Column("event_kind", "事项", code(r"[a-z_]{1,40}", "1 to 40 small letters and _"), needed=True),
        _no("event_ref", "事项编号"), _text("article", "依据", 200, needed=True)), (_OF_UNIT,), _credit),
    _kind("listings", "信用名单", "listing", ("unit_no", "list", "from_day"), (
        _UNIT, of_policy("list", "名单", "credit.lists", needed=True), _day("from_day", "列入日期", needed=True),
        _day("to_day", "移出日期", ahead=True), _text("basis", "依据", 1000, needed=True)), (_OF_UNIT,), _listing),
    _kind("agreements", "委托赋权协议", "agreement", ("agreement_no",), (
        _no("agreement_no", "协议编号"), chosen("regime", "体制", {"delegated": "委托", "empowered": "赋权"},
            needed=True),
        _no("town_code", "乡镇区域代码"), _no("principal_code", "委托方区域代码"), _list("powers", "职权", needed=True),
        _day("from_day", "起始日期", needed=True), _day("to_day", "届满日期", ahead=True),
        _day("signed_on", "签订日期", needed=True)), (Reference("town_code", "areas"), Reference("principal_code",
            "areas")),
        _agreement),
    _kind("training", "培训记录", "training day", ("officer_no", "held_on", "topic"), (
        _no("officer_no", "人员编号"), of_policy("kind", "类别", "delegation.training_kinds", needed=True),
        _day("held_on", "日期", needed=True), Column("hours", "学时", number(0.1, 24), "float8", needed=True),
        Column("days", "天数", number(0.01, 1), "float8", needed=True), _text("topic", "主题", 200, needed=True)),
        (Reference("officer_no", "officers"),)),
    _kind("guidance", "指导走访", "visit of guidance", ("town_code", "visited_on"), (
        _no("town_code", "乡镇区域代码"), _day("visited_on", "日期", needed=True), _OFFICERS,
        _text("note", "内容", 4000, needed=True)), (Reference("town_code", "areas"), _OF_OFFICERS)),
    _kind("referrals", "移送记录", "referral", ("referral_no",), (
        _no("referral_no", "移送编号"), of_policy("reason", "移送原因", "delegation.referral_reasons", needed=True),
            _UNIT,
        _no("from_code", "移出区域代码"), chosen("from_body", "移出机构", _BODIES, default="town"), _no("to_code",
            "接收区域代码"),
        _list("item_codes", "检查项"), _day("found_on", "发现日期", needed=True),
        chosen("state", "状态", {"accepted": "已接收", "closed": "已办结"}, needed=True), _text("outcome", "结果",
            1000), _NOTE),
        (_OF_UNIT, Reference("from_code", "areas"), Reference("to_code", "areas")), _referral, items="item_codes"))}


def template(kind: str, language: str = "zh") -> str:
    """The first line of a file of a kind, as CSV that a spreadsheet opens; columns that must be filled come first."""
    out = io.StringIO()
    columns = KINDS[kind].table.columns
    csv.writer(out).writerow([column.zh if language == "zh" else column.code for column in columns])
    return "\ufeff" + out.getvalue()

