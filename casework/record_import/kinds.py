"""What each kind of record has: its columns, its number, and what it names."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from casework.record_import import checks
from casework.record_import.cells import any_day, of_policy, past_day, past_moment, remembered
from registry.cells import code, flag, number, text, unrounded, words
from registry.columns import Column, Reference, Table
from registry.columns.table import chosen, of_kind
from registry.kinds import inspection_kinds

_NUMBER = text(64)
# Letters and digits of any script in use, as in 穗消行罚决字〔2026〕第0001号; not the 9.11E+17 of a spreadsheet.
_PLAIN_NUMBER = r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff\u3014\u3015（）()/_-]{0,63}"
_LETTER = r"A-Za-z0-9\u4e00-\u9fff\u3010\u3011\u3014\u3015（）。"


def _plain_text(longest: int) -> str:
    """Texts of so many characters that begin and end with a letter, a digit or a bracket and have no strange ones."""
    return rf"[{_LETTER}](?:[{_LETTER}，、；：“”《》() ,.:;/_-]{{0,{longest - 2}}}[{_LETTER}])?"


_PARTIES = {"organisation": "单位", "citizen": "个人"}
_BODIES = {"town": "乡镇街道", "police_station": "公安派出所"}


def _no(code_: str, zh: str, *, needed: bool = True) -> Column:
    return Column(code_, zh, lambda cell, day: unrounded(_NUMBER(cell, day)), needed=needed, plain=_PLAIN_NUMBER)


def _day(code_: str, zh: str, *, needed: bool = False, ahead: bool = False) -> Column:
    return Column(code_, zh, any_day if ahead else past_day, "date", needed=needed)


def _at(code_: str, zh: str, *, needed: bool = False) -> Column:
    return Column(code_, zh, past_moment, "timestamptz", needed=needed)


def _text(code_: str, zh: str, longest: int, *, needed: bool = False, default: str | None = None) -> Column:
    return Column(code_, zh, text(longest), needed=needed, default=default, plain=_plain_text(longest))


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
    # A number is mostly plain; what comes again and again is read once.
    columns = tuple(one if one.code in key or one.plain == _PLAIN_NUMBER else
                    replace(one, read=remembered(one.read)) for one in columns)
    table = Table(noun, zh, entity, key, columns, references)
    return Kind(replace(table, check=check) if callable(check) else table, inspection, items)


KINDS: dict[str, Kind] = {kind.code: kind for kind in (
    _kind("inspections", "监督检查", "inspection", ("inspection_no",), (
        _INSPECTION, _UNIT, of_kind("kind", "检查形式", inspection_kinds), _day("inspected_on", "检查日期",
            needed=True),
        _at("started_at", "开始时间"), _at("ended_at", "结束时间"),
        chosen("result", "检查结果", _RESULTS), _list("officers", "执法人员"), _text("team", "检查组", 100), _NOTE),
        (_OF_UNIT, _OF_OFFICERS), checks.inspection),
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
        check=checks.order, inspection="inspection_no"),
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
        _day("decided_on", "决定日期"), _day("closed_on", "结案日期")), (_OF_UNIT, _OF_OFFICERS), checks.case,
        items="items"),
    _kind("penalties", "行政处罚决定", "penalty", ("case_no",), (
        _no("case_no", "决定书编号"), _UNIT, _no("inspection_no", "检查编号", needed=False),
        _day("decided_on", "决定日期", needed=True), chosen("kind", "处罚种类", _PENALTIES, needed=True),
        Column("amount_yuan", "罚款金额", number(0, 1e8), "float8"), _text("article", "处罚依据", 200, needed=True),
        _day("withdrawn_on", "撤销日期")), (_OF_UNIT,),
        checks.penalty, inspection="inspection_no"),
    _kind("measures", "行政强制", "measure", ("measure_no",), (
        _no("measure_no", "文书编号"), _UNIT,
        chosen("kind", "种类", {"seal": "临时查封", "suspension": "责令三停", "forced_execution": "强制执行"},
            needed=True),
        chosen("path", "程序", {"ordinary": "一般", "emergency": "紧急"}, default="ordinary"),
        _text("ground", "情形", 200, needed=True), _text("scope", "部位范围", 1000, needed=True), _OFFICERS,
        _day("began_on", "开始日期", needed=True), _day("until_on", "届满日期", ahead=True),
        chosen("standing", "状态", {"standing": "执行中", "lifted": "已解除", "expired": "届满解除", "done": "已执行"},
            needed=True),
        _day("ended_on", "解除日期")), (_OF_UNIT, _OF_OFFICERS), checks.measure),
    _kind("major-hazards", "重大火灾隐患", "major hazard", ("major_hazard_no",), (
        _no("major_hazard_no", "编号"), _UNIT, chosen("way", "判定方式", {"direct": "直接判定", "combined": "综合判定"},
            needed=True),
        _list("elements", "判定要素", needed=True), _OFFICERS, _day("found_on", "发现日期", needed=True),
        chosen("standing", "状态", {"determined": "已判定", "listed": "挂牌督办", "accepted": "已验收",
            "not_major": "非重大"},
               needed=True),
        chosen("level", "挂牌级别", {"province": "省级", "city": "市级", "county": "县级"}),
        _day("notice_on", "整改通知书送达日期"), _day("ended_on", "销案日期")),
        (_OF_UNIT, _OF_OFFICERS), checks.major),
    _kind("complaints", "举报投诉", "complaint", ("complaint_no",), (
        _no("complaint_no", "举报编号"), _UNIT, _at("received_at", "受理时间", needed=True),
        of_policy("channel", "渠道", "complaint.channels", default="other"),
        of_policy("kind", "内容类别", "deadlines.complaint_check", default="other"), _flag("anonymous", "匿名",
            default=True),
        _at("checked_at", "核查时间"), Column("verified", "是否属实", flag, "bool"), _NOTE), (_OF_UNIT,),
        checks.complaint),
    _kind("fires", "火灾", "fire", ("fire_no",), (
        _no("fire_no", "火灾编号"), _UNIT, _at("occurred_at", "起火时间", needed=True),
        chosen("procedure", "调查程序", {"ordinary": "一般程序", "simple": "简易程序", "minor": "轻微"},
            needed=True), _NOTE),
        (_OF_UNIT,)),
    _kind("credit-entries", "信用积分记录", "credit entry", ("event_kind", "event_ref"), (
        _UNIT, _day("occurred_on", "发生日期", needed=True), Column("points", "分值", number(-1000, 1000), "float8",
            needed=True),
        Column("event_kind", "事项", code(r"[a-z_]{1,40}", "1 to 40 small letters and _"), needed=True),
        _no("event_ref", "事项编号"), _text("article", "依据", 200, needed=True)), (_OF_UNIT,), checks.credit),
    _kind("listings", "信用名单", "listing", ("unit_no", "list", "from_day"), (
        _UNIT, of_policy("list", "名单", "credit.lists", needed=True), _day("from_day", "列入日期", needed=True),
        _day("to_day", "移出日期", ahead=True), _text("basis", "依据", 1000, needed=True)), (_OF_UNIT,),
        checks.listing),
    _kind("agreements", "委托赋权协议", "agreement", ("agreement_no",), (
        _no("agreement_no", "协议编号"), chosen("regime", "体制", {"delegated": "委托", "empowered": "赋权"},
            needed=True),
        _no("town_code", "乡镇区域代码"), _no("principal_code", "委托方区域代码"), _list("powers", "职权", needed=True),
        _day("from_day", "起始日期", needed=True), _day("to_day", "届满日期", ahead=True),
        _day("signed_on", "签订日期", needed=True)), (Reference("town_code", "areas"), Reference("principal_code",
            "areas")),
        checks.agreement),
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
        (_OF_UNIT, Reference("from_code", "areas"), Reference("to_code", "areas")), checks.referral,
        items="item_codes"))}


def template(kind: str, language: str = "zh") -> str:
    """The first line of a file of a kind, as CSV that a spreadsheet opens; columns that must be filled come first."""
    out = io.StringIO()
    columns = KINDS[kind].table.columns
    csv.writer(out).writerow([column.zh if language == "zh" else column.code for column in columns])
    return "\ufeff" + out.getvalue()

