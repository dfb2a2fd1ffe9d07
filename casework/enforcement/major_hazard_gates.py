"""The gates of a major hazard: before it is entered, and before each of its steps, with the article that says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework.enforcement import articles, sequence
from casework.enforcement.articles import Article
from casework.enforcement.attempts import Reason
from casework.enforcement.errors import GateClosed, closed
from casework.enforcement.steps import StepForm, last, shown
from casework.enforcement.words import fits, said, stood
from casework.errors import AlreadyDone, CaseworkError
from policy import rules
from policy.clocks import legal_day

_ARTICLE = articles.of("消防监督检查规定", 21)
_STANDARD: Article = ("GB 35181", "《重大火灾隐患判定规则》GB 35181")
FROM: dict[str, tuple[str, ...]] = {
    "demonstrated": ("found",), "determined": ("found",), "not_major": ("found",),
    "notice_served": ("determined", "listed"), "opinion_reported": ("determined", "listed"), "listed": ("determined",),
    "progress": ("determined", "listed"), "accepted": ("determined", "listed")}


def check_elements(way: str, elements: Sequence[str], day: dt.date) -> None:
    """The combined way counts elements."""
    least = rules().value("enforcement.major_hazard", day)["combined_elements"]
    if way == "combined" and len(elements) < least:
        raise closed(_STANDARD, f"{len(elements)} elements are named: the combined way needs at least {least}",
                     f"综合判定至少需要 {least} 项要素，只填写了 {len(elements)} 项")


def refusal(hazard: Mapping[str, Any], made: Sequence[Mapping[str, Any]], form: StepForm) -> CaseworkError | None:
    """Why a step can't be made; a meeting is asked for where it is entered."""
    number, name, stands = hazard["major_hazard_no"], form.step, hazard["standing"]
    if stands not in FROM[name]:
        return GateClosed(f"major hazard {number} stands at {stands}: a step {name} is made while it is "
                          f"{' or '.join(FROM[name])} ({_ARTICLE[0]})",
                          zh=f"重大火灾隐患 {number} 现为“{stood(stands)}”，不能进行“{said(name)}”："
                             f"应在{fits(FROM[name])}时进行（{_ARTICLE[1]}）")
    before = None if name == "progress" else last(made, name)
    if before and name == "demonstrated" and not _consented(before):
        before = None
    if before:
        return AlreadyDone(f"the step {name} of major hazard {number} was made before, at {shown(before['at'])}",
                           zh=f"“{said(name)}”已于 {shown(before['at'])} 完成")
    refused = _experts(made, form) if name in ("demonstrated", "determined") else _listing(made, form)
    return refused or sequence.early(made, form, _ARTICLE)


def _listing(made: Sequence[Mapping[str, Any]], form: StepForm) -> CaseworkError | None:
    """Listed once the unit and the government were told; off the list only when its conditions are met."""
    reason: Reason = None
    if form.step == "listed" and not last(made, "notice_served"):
        reason = "the notice of rectification was not served", "尚未送达《重大火灾隐患整改通知书》"
    elif form.step == "listed" and not last(made, "opinion_reported"):
        reason = "the opinion was not reported to the government", "尚未书面报告本级人民政府"
    elif form.step == "accepted" and not last(made, "notice_served"):
        reason = ("it is accepted after the notice of rectification was served: there is nothing yet that the unit was "
                  "told to correct", "尚未送达《重大火灾隐患整改通知书》，不能验收销案")
    elif form.step == "accepted" and form.details and not form.details.get("conditions_met"):
        reason = ("a major hazard leaves the list only when its closing conditions are met",
                  "未达到销案条件的重大火灾隐患不得销案")
    elif form.step == "notice_served" and form.details and form.details["correct_by"] < form.day:
        reason = (f"the day to correct by, {form.details['correct_by']}, is before the notice of {form.day}",
                  f"整改期限 {form.details['correct_by']} 早于送达日期 {form.day}")
    return closed(_ARTICLE, *reason) if reason else None


def _experts(made: Sequence[Mapping[str, Any]], form: StepForm) -> CaseworkError | None:
    """Enough experts, and where they were heard, enough of them consenting."""
    rule = rules().value("enforcement.major_hazard", form.day)
    heard = last(made, "demonstrated")
    reason: Reason = None
    if form.step == "demonstrated" and form.details:
        experts, consenting = form.details["experts"], form.details["consenting"]
        if experts < rule["experts"]:
            reason = (f"{experts} experts took part, at least {rule['experts']} do",
                      f"专家论证只有 {experts} 人参加，至少 {rule['experts']} 人")
        elif consenting > experts:
            return CaseworkError(f"{consenting} of {experts} experts can't have consented", zh="同意人数多于参加人数")
    elif form.step == "determined" and heard and not _consented(heard):
        (share, of), experts, consenting = rule["consent"], heard["details"]["experts"], heard["details"]["consenting"]
        reason = (f"{consenting} of {experts} experts consented, at least {share}/{of} must",
                  f"专家论证 {experts} 人中仅 {consenting} 人同意，未达 {share}/{of}")
    return closed(_STANDARD, *reason) if reason else None


def _consented(heard: Mapping[str, Any]) -> bool:
    """Whether a demonstration came to consent, by the share of its own day; one that did not may be held again."""
    share, of = rules().value("enforcement.major_hazard", legal_day(heard["at"]))["consent"]
    return bool(heard["details"]["consenting"] * of >= heard["details"]["experts"] * share)


def coming(hazard: Mapping[str, Any], made: Sequence[Mapping[str, Any]], now: dt.datetime) -> list[dict[str, Any]]:
    """Each step that fits where the hazard stands, with the refusal that it would meet now."""
    found = []
    for name, standings in FROM.items():
        if hazard["standing"] in standings:
            refused = refusal(hazard, made, StepForm(name, now))
            if not isinstance(refused, AlreadyDone):
                found.append({"step": name, "refusal": str(refused) if refused else None,
                              "refusal_zh": refused.zh if refused else None})
    return found
