"""The gates of a measure: before it is imposed, and before each of its steps, with the article that says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework.clocks import span_of
from casework.enforcement import articles, collective, sequence
from casework.enforcement.attempts import Reason
from casework.enforcement.errors import GateClosed, closed
from casework.enforcement.measure_forms import MeasureForm
from casework.enforcement.steps import StepForm, last
from casework.enforcement.words import said
from casework.errors import AlreadyDone, CaseworkError
from policy import CalendarDays, calendar, rules
from policy.clocks import SHANGHAI, due_day, legal_day

_SUPERVISION = "消防监督检查规定"
#: The steps of each kind of measure; all but ``expired``, which the night makes.
OF_KIND = {"seal": ("confirmed", "extended", "lift_asked", "lift_inspected", "lift_decided", "lifted"),
           "suspension": ("lift_asked", "lift_inspected", "lift_decided"), "forced_execution": ("done",)}
_ARTICLES = {"seal": articles.of(_SUPERVISION, 25), "suspension": articles.of(_SUPERVISION, 26)}
_BY_FORCE = articles.of(_SUPERVISION, 28)


def imposing(form: MeasureForm, case: Mapping[str, Any] | None, visit: Mapping[str, Any] | None,
             earlier: Mapping[str, Any] | None) -> CaseworkError | None:
    """Why a measure can't be imposed."""
    if form.kind == "suspension":
        return _suspends(form, case)
    if form.kind == "forced_execution":
        reason = _by_day(form)
        if reason:
            return closed(articles.of("行政强制法", 43), *reason)
    if form.kind == "seal":
        refused = _seals(form, visit, earlier)
        if refused or form.path == "emergency":
            return refused
    collective.require(form.kind, form.collective, form.began_at)
    return None


def _seals(form: MeasureForm, visit: Mapping[str, Any] | None, earlier: Mapping[str, Any] | None) -> GateClosed | None:
    began, span = legal_day(form.began_at), span_of("deadlines.seal_longest", legal_day(form.began_at))
    assert isinstance(span, CalendarDays) and form.until_on is not None  # noqa: S101, PT018  as policy and form say
    if not began <= form.until_on <= due_day(began, span):
        return closed(articles.of(_SUPERVISION, 22),
                      f"a seal from {began} ends by {due_day(began, span)} ({span.count} days), not on {form.until_on}",
                      f"{began} 起的临时查封最迟至 {due_day(began, span)}（{span.count} 日），不能到 {form.until_on}")
    refused = _by_path(form)
    if refused or earlier is None:
        return refused
    if earlier["standing"] == "standing" and earlier["until_on"] >= began:
        return closed(articles.of(_SUPERVISION, 22), f"seal {earlier['measure_no']} still stands until "
                      f"{earlier['until_on']}", f"临时查封 {earlier['measure_no']} 至 {earlier['until_on']} 仍有效")
    if visit is None or visit["inspected_on"] < earlier["began_on"]:
        return closed(articles.of(_SUPERVISION, 22), "a seal is imposed again where an inspection found that the "
                      "hazard remains: name it (inspection_no)", "再次临时查封须经检查确认隐患仍未消除，请填写检查编号")
    return None


def _by_path(form: MeasureForm) -> GateClosed | None:
    """A meeting decides before an ordinary seal, the head consents to one on the spot."""
    if form.path == "emergency" and form.collective is not None:
        return closed(articles.of(_SUPERVISION, 23), "a seal on the spot is decided without a meeting: enter the "
                      "meeting as the step confirmed, or the path as ordinary",
                      "当场临时查封不先经集体研究：请在“补办手续”中填写集体议案，或将程序改为普通")
    if form.path == "ordinary" and form.consent_by is not None:
        return closed(articles.of(_SUPERVISION, 23), "oral consent (consent_by) belongs to a seal on the spot: enter "
                      "the path as emergency, or leave it out",
                      "口头同意（consent_by）只用于当场临时查封：请将程序改为紧急，或不填")
    if form.path == "emergency" and form.consent_by is None:
        return closed(articles.of(_SUPERVISION, 23), "a seal on the spot needs the oral consent of the head: name who "
                      "gave it (consent_by)", "当场临时查封须经负责人口头同意，请填写同意人（consent_by）")
    return None


def _suspends(form: MeasureForm, case: Mapping[str, Any] | None) -> GateClosed | None:
    article = articles.of("消防法", 70)
    decided = case["decision"] if case else None
    if case is None or decided is None or all(one["kind"] != "suspension" for one in decided["penalties"]):
        return closed(article, f"case {form.case_no} decided no order to stop",
                      f"案件 {form.case_no} 没有作出责令三停的决定")
    if case["withdrawn"]:
        return closed(article, f"the decision of case {form.case_no} was withdrawn",
                      f"案件 {form.case_no} 的决定已撤销")
    if case["served_at"] is None or case["served_at"] > form.began_at:
        return closed(articles.of("行政处罚法", 61), f"the decision of case {form.case_no} was not served by then",
                      f"案件 {form.case_no} 的决定书届时尚未送达")
    return None


def _by_day(form: MeasureForm) -> Reason:
    hours, moment = rules().value("enforcement.execution_hours", legal_day(form.began_at)), form.began_at
    local = moment.astimezone(SHANGHAI)
    if form.urgent:
        return None if form.note else ("an urgent execution needs a note that says why", "紧急情况须填写说明")
    if not hours["from"] <= local.hour < hours["to"]:
        return (f"it is not carried out at night, at {local:%H:%M}, unless urgent",
                f"非紧急情况不得在夜间（{local:%H:%M}）实施")
    if not calendar().is_working_day(local.date()):
        return (f"{local.date()} is a holiday: it is not carried out then unless urgent",
                f"{local.date()} 为节假日，非紧急情况不得实施")
    return None


def refusal(measure: Mapping[str, Any], made: Sequence[Mapping[str, Any]], form: StepForm) -> CaseworkError | None:
    """Why a step can't be made."""
    step, number = form.step, measure["measure_no"]
    if step not in OF_KIND[measure["kind"]]:
        return CaseworkError(f"a {measure['kind']} has no step {step}", zh=f"该措施没有“{said(step)}”这一步")
    if measure["standing"] != "standing":
        return GateClosed(f"measure {number} is {measure['standing']} since {measure['ended_on']}: no step {step} is "
                          f"made any more",
                          zh=f"措施 {number} 已于 {measure['ended_on']} 结束，不能再进行“{said(step)}”")
    if step == "confirmed":
        return _confirms(measure, made)
    if step == "extended":
        return _extends(measure, made, form)
    if measure["kind"] == "seal" and form.day > measure["until_on"]:
        return closed(_ARTICLES["seal"], f"the seal ended on {measure['until_on']}: nothing is left to lift",
                      f"该临时查封已于 {measure['until_on']} 到期，无需再解除")
    return _lifts(measure, made, form) or sequence.early(made, form, _ARTICLES.get(measure["kind"], _BY_FORCE))


def _lifts(measure: Mapping[str, Any], made: Sequence[Mapping[str, Any]], form: StepForm) -> CaseworkError | None:
    """Asked, inspected, decided: each follows the one before, and nothing is lifted over a hazard that remains."""
    newest = last(made, "lift_asked", "lift_inspected", "lift_decided")
    before = newest["step"] if newest else None
    reason: Reason = None
    if form.step == "lift_asked" and before in ("lift_asked", "lift_inspected"):
        return AlreadyDone("the unit has asked before, and was not answered yet", zh="当事人已申请，尚未答复")
    if form.step == "lift_inspected" and before != "lift_asked":
        reason = "nobody has asked for it", "当事人尚未申请"
    if form.step == "lift_decided":
        if newest is None or before != "lift_inspected":
            reason = "no inspection was made on the request", "尚未就申请进行检查"
        elif form.details.get("lifted") and not newest["details"]["gone"]:
            reason = "the inspection found that the hazard remains", "检查发现隐患尚未消除"
        elif form.details.get("lifted") is False and newest["details"]["gone"]:
            reason = ("the inspection found that the hazard is gone: it is lifted",
                      "检查确认隐患已消除，应当作出同意的决定")
    return closed(_ARTICLES[measure["kind"]], *reason) if reason else None


def _confirms(measure: Mapping[str, Any], made: Sequence[Mapping[str, Any]]) -> CaseworkError | None:
    if measure["path"] != "emergency":
        return closed(articles.of(_SUPERVISION, 23), "this seal was decided by a meeting before it was imposed",
                      "该临时查封系经集体研究后决定，无需补办")
    if last(made, "confirmed"):
        return AlreadyDone(f"seal {measure['measure_no']} was confirmed before", zh="该临时查封已补办手续")
    return None


def _extends(measure: Mapping[str, Any], made: Sequence[Mapping[str, Any]], form: StepForm) -> CaseworkError | None:
    article = articles.of("行政强制法", 25)
    if last(made, "extended"):
        return AlreadyDone(f"seal {measure['measure_no']} was extended before: impose it again where the hazard "
                           f"remains", zh="该临时查封已延长过，隐患仍未消除的可再次查封")
    if measure["path"] == "emergency" and not last(made, "confirmed"):
        return closed(articles.of(_SUPERVISION, 23), "the seal on the spot was not confirmed by a meeting",
                      "当场临时查封尚未补办集体研究手续")
    if form.day > measure["until_on"]:
        return closed(article, f"the seal ended on {measure['until_on']}",
                      f"该临时查封已于 {measure['until_on']} 到期")
    span = span_of("deadlines.seal_extension", form.day)
    assert isinstance(span, CalendarDays)  # noqa: S101  as policy says
    latest, until = due_day(measure["until_on"], span), form.details.get("until_on")
    if until is not None and not measure["until_on"] < until <= latest:
        return closed(article, f"the seal until {measure['until_on']} may be extended to {latest} at most, not to "
                      f"{until}", f"至 {measure['until_on']} 的临时查封最迟可延长至 {latest}，不能到 {until}")
    return None


def coming(measure: Mapping[str, Any], made: Sequence[Mapping[str, Any]], now: dt.datetime) -> list[dict[str, Any]]:
    """Each step that fits where the measure stands, with the refusal that it would meet now."""
    found = []
    for name in OF_KIND[measure["kind"]] if measure["standing"] == "standing" else ():
        refused = refusal(measure, made, StepForm(name, now))
        if not isinstance(refused, AlreadyDone):
            found.append({"step": name, "refusal": str(refused) if refused else None,
                          "refusal_zh": refused.zh if refused else None})
    return found
