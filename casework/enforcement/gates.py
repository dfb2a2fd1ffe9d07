"""The gates of a case: for each step what must have happened, and the article that says so.

A gate is a row: the steps it stands before, where it stands in law, and a function that gives the reason why it is
closed, in English and in Chinese, or None. They are asked in this order; the first closed one is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from casework import clocks
from casework.enforcement import articles, bands, hearings, sequence
from casework.enforcement.articles import Article
from casework.enforcement.attempts import Attempt, Reason, amounts, fine_of, made_public
from casework.enforcement.errors import GateClosed, closed
from casework.enforcement.evidence import missing_media
from casework.enforcement.words import said
from casework.grounds import kind_zh
from policy import rules
from policy.clocks import legal_day

_LAW = "行政处罚法"


@dataclass(frozen=True)
class Gate:
    """One gate before some steps."""

    name: str
    steps: tuple[str, ...]
    article: Article
    why: Callable[[Attempt], Reason]


def refusal(attempt: Attempt) -> GateClosed | None:
    """The first gate that is closed to this step, as a refusal."""
    for gate in GATES:
        if attempt.form.step in gate.steps:
            reason = gate.why(attempt)
            if reason:
                return closed(gate.article, *reason)
    return sequence.early(attempt.steps, attempt.form, _ORDER.get(attempt.form.step, articles.of(_LAW, 54)))


def _simple(attempt: Attempt) -> Reason:
    if attempt.case["procedure"] != "simple":
        return None
    most = rules().value("enforcement.simple_most", attempt.form.day)[attempt.case["party"]]
    for one in attempt.penalties:
        if one["kind"] not in ("warning", "fine") or (one["kind"] == "fine" and one["amount_yuan"] > most):
            return (f"the simple procedure is for a warning or a fine of at most {most} yuan: file the case under the "
                    f"ordinary one", f"简易程序只适用于警告或 {most} 元以下罚款，请按普通程序立案")
    return None


def _told(attempt: Attempt) -> Reason:
    if attempt.case["procedure"] == "simple" or attempt.notice:
        return None
    return ("the party was not told of the penalty, its facts and its grounds",
            "尚未告知当事人拟作出的处罚及事实、理由、依据")


def _as_told(attempt: Attempt) -> Reason:
    if attempt.case["procedure"] == "simple" or attempt.notice is None:
        return None
    told = {one["kind"]: one["amount_yuan"] for one in amounts(attempt.notice["details"].get("penalties", ()))}
    for one in attempt.penalties:
        if one["kind"] not in told:
            return (f"the party was told of {', '.join(told)}, not of {one['kind']}: tell it again",
                    f"告知的处罚不含{kind_zh(one['kind'], attempt.form.day)}，请重新告知")
        if one["amount_yuan"] is not None and one["amount_yuan"] > told[one["kind"]]:
            return (f"the party was told of a fine of {told[one['kind']]} yuan, not of {one['amount_yuan']}: tell it "
                    f"again", f"告知的罚款为 {told[one['kind']]} 元，低于 {one['amount_yuan']} 元，请重新告知")
    return None


def _public_told(attempt: Attempt) -> Reason:
    source = attempt.form.details if attempt.case["procedure"] == "simple" else (
        attempt.notice["details"] if attempt.notice else {})
    if source.get("public_told"):
        return None
    return ("the party was not told that the penalty will be made public (public_told)",
            "尚未告知当事人处罚决定将依法公开（public_told）")


def _statement(attempt: Attempt) -> Reason:
    """What a hearing brought out, or a statement that was taken as right, is reviewed too."""
    review = attempt.last("legal_review")
    for step in attempt.steps:
        heard = step["step"] == "hearing_held" or (step["step"] == "statement" and step["details"].get("accepted"))
        if heard and review and review["at"] < step["at"]:
            return ("the review came before what the party said last: review the case again",
                    "法制审核早于当事人最后的陈述申辩或听证，请重新审核")
    return None


def _reviewer(attempt: Attempt) -> Reason:
    reviewer = attempt.form.details.get("reviewer")
    handlers = {*attempt.case["officers"], *(number for step in attempt.steps if step["step"] in HANDLING
                                             for number in step["officers"])}
    if reviewer not in handlers:
        return None
    return (f"officer {reviewer} handles the case and can't review it: name someone else",
            f"{reviewer} 是本案办案人员，不能审核本案，请另定审核人员")


def _reviewed(attempt: Attempt) -> Reason:
    review = attempt.last("legal_review")
    if review is None:
        return "every decision needs a legal review first", "处罚决定须先经法制审核"
    if not review["details"].get("agreed"):
        return ("the legal review did not agree: mend what it names and have it reviewed again",
                "法制审核未通过，请补正后重新审核")
    return None


def _met(trigger: str) -> Callable[[Attempt], Reason]:
    words = {"large_fine": ("a large fine", "较大数额罚款"), "suspension": ("an order to stop", "责令三停")}[trigger]

    def why(attempt: Attempt) -> Reason:
        if trigger not in attempt.triggers:
            return None
        meetings = [one for one in attempt.meetings if one["held_at"] <= attempt.form.at]
        if not meetings:
            return (f"{words[0]} needs a collective decision with minutes first",
                    f"{words[1]}须先经集体议案并有会议纪要")
        if not meetings[-1]["agreed"]:
            return f"the meeting did not agree to {words[0]}", f"集体议案未同意{words[1]}"
        return None
    return why


def _band(attempt: Attempt) -> Reason:
    return bands.outside(attempt.case["party"], attempt.case["article"], fine_of(attempt.penalties),
                         attempt.form.details.get("circumstance"), attempt.form.details.get("reason"), attempt.form.day)


def _lenient(attempt: Attempt) -> Reason:
    details = attempt.form.details
    if not attempt.leniency or details.get("reason") or details.get("circumstance") == "light" or not any(
            one["kind"] != "warning" for one in attempt.penalties):
        return None
    names = [one["zh"] for one in attempt.leniency]
    return (f"the record speaks for leniency ({', '.join(one['rule'] for one in attempt.leniency)}): decide in the "
            f"light band, for no penalty, or say the reason why not",
            f"案卷具有从宽情形（{'、'.join(names)}）：请按较轻情节决定、不予处罚，或填写不从宽的理由")


def _served(attempt: Attempt) -> Reason:
    if attempt.last("served"):
        return None
    return "the decision was not served", "决定书尚未送达"


def _published(attempt: Attempt) -> Reason:
    decision = attempt.last("decision")
    if not decision or attempt.last("published") or attempt.last("decision_withdrawn"):
        return None
    if not made_public(attempt.case, legal_day(decision["at"])):
        return None
    return "the penalty was not made public", "处罚决定尚未公示"


def _paid(attempt: Attempt) -> Reason:
    if not attempt.case["owed"] or attempt.last("execution_ended") or attempt.last("decision_withdrawn"):
        return None
    return f"{attempt.case['owed']} yuan of the fine are not paid", f"罚款尚有 {attempt.case['owed']} 元未缴清"


def _filmed(attempt: Attempt) -> Reason:
    if not attempt.last("decision", "no_penalty"):
        return None
    missing = missing_media(attempt.steps, attempt.form.day)
    if missing:
        return (f"no video with digest and duration is with {', '.join(missing)}: supply it",
                f"“{'”“'.join(map(said, missing))}”没有影像记录（含摘要和时长），请补充")
    if not any(one["kind"] == "video" for step in attempt.steps for one in step["evidence"]):
        return ("no video with digest and duration is with any step: supply one",
                "各步骤均无影像记录（含摘要和时长），请补充")
    return None


def _too_much(attempt: Attempt) -> Reason:
    paid, owed = attempt.form.details.get("amount_yuan"), attempt.case["owed"]
    if paid is None or paid <= owed:
        if not owed and (attempt.form.step != "execution_ended" or attempt.case["fine_yuan"]):
            return "nothing is owed by then", "届时没有应缴的罚款"
        return None
    return (f"{paid} yuan are more than the {owed} yuan that are owed by then",
            f"缴纳 {paid} 元超过届时应缴的 {owed} 元")


def _later(attempt: Attempt) -> Reason:
    until = attempt.form.details.get("until_on")
    before = legal_day(clocks.due_of("deadlines.penalty_paid", served["at"])) if (
        served := attempt.last("served")) else attempt.form.day
    deferred = attempt.last("payment_deferred")
    if deferred:
        before = max(before, dt.date.fromisoformat(str(deferred["details"]["until_on"])))
    if until is None or until > max(before, attempt.form.day):
        return None
    return (f"the fine is to be paid by {before}: it is deferred to a later day, not to {until}",
            f"罚款应于 {before} 前缴纳，暂缓或分期的截止日期应更晚，而不是 {until}")


def _taken_back(attempt: Attempt) -> Reason:
    if not attempt.last("decision_withdrawn"):
        return "the decision was neither changed nor annulled", "处罚决定未被变更或撤销"
    if not attempt.last("published"):
        return "the decision was never made public", "处罚决定未曾公示"
    return None


def _offered(attempt: Attempt) -> Reason:
    newest = attempt.last("transferred", "transfer_accepted", "transfer_refused")
    if newest and newest["step"] == "transferred":
        return None
    return "the case was not handed over to another body", "本案没有待接收的移送"


def _answered(attempt: Attempt) -> Reason:
    newest = attempt.last("transferred", "transfer_accepted", "transfer_refused")
    if newest and newest["step"] == "transferred":
        to = newest["details"].get("to")
        return (f"the case was handed over to {to}, which has not answered: until then it stays with the first "
                f"receiver", f"本案已移送 {to}，对方尚未接收：接收前仍由首接单位负责")
    return None


#: Steps whose officers count as handlers of the case.
HANDLING = ("filed", "inquiry", "notice", "statement", "served")

#: The article that sets a step behind the one that it comes after.
_ORDER = {**dict.fromkeys(("hearing_asked", "hearing_waived", "hearing_notice", "hearing_held"), articles.of(_LAW, 64)),
          **dict.fromkeys(("transfer_accepted", "transfer_refused"), articles.of(_LAW, 25)),
          **dict.fromkeys(("published", "decision_withdrawn", "publication_withdrawn"), articles.of(_LAW, 48)),
          "served": articles.of(_LAW, 61), **dict.fromkeys(("paid", "execution_ended"), articles.of(_LAW, 67)),
          "payment_deferred": articles.of(_LAW, 66)}

GATES: tuple[Gate, ...] = (
    Gate("transfer_open", ("transfer_accepted", "transfer_refused"), articles.of(_LAW, 25), _offered),
    Gate("transfer_answered", ("transferred", "decision", "no_penalty", "dropped"), articles.of(_LAW, 25), _answered),
    Gate("simple_limit", ("decision",), articles.of(_LAW, 51), _simple),
    Gate("notice", ("decision",), articles.of(_LAW, 44), _told),
    Gate("as_told", ("decision",), articles.of(_LAW, 44), _as_told),
    Gate("public_told", ("decision",), articles.of(_LAW, 48), _public_told),
    Gate("hearing_right", ("hearing_asked", "hearing_waived"), articles.of(_LAW, 63), hearings.right),
    Gate("hearing_asked_in_time", ("hearing_asked",), articles.of(_LAW, 64), hearings.in_time),
    Gate("hearing_asked", ("hearing_notice", "hearing_held"), articles.of(_LAW, 64), hearings.asked),
    Gate("hearing_told", ("hearing_notice", "hearing_held"), articles.of(_LAW, 64), hearings.told),
    Gate("hearing_chair", ("hearing_held",), articles.of(_LAW, 64), hearings.chair),
    Gate("hearing", ("decision",), articles.of(_LAW, 64), hearings.heard),
    Gate("reviewer", ("legal_review",), articles.of(_LAW, 58), _reviewer),
    Gate("legal_review", ("decision", "no_penalty"), articles.of(_LAW, 58), _reviewed),
    Gate("statement_reviewed", ("decision",), articles.of(_LAW, 45), _statement),
    Gate("collective_fine", ("decision",), articles.of(_LAW, 57), _met("large_fine")),
    Gate("collective_suspension", ("decision",), articles.of("消防法", 70), _met("suspension")),
    Gate("band", ("decision",), articles.of(_LAW, 34), _band),
    Gate("leniency", ("decision",), articles.of(_LAW, 33), _lenient),
    Gate("served", ("paid", "payment_deferred", "execution_ended", "closed"), articles.of(_LAW, 61), _served),
    Gate("owed", ("paid", "payment_deferred", "execution_ended"), articles.of(_LAW, 67), _too_much),
    Gate("deferred", ("payment_deferred",), articles.of(_LAW, 66), _later),
    Gate("published", ("closed",), articles.of(_LAW, 48), _published),
    Gate("paid", ("closed",), articles.of(_LAW, 67), _paid),
    Gate("media", ("closed",), articles.of(_LAW, 47), _filmed),
    Gate("withdrawn", ("publication_withdrawn",), articles.of(_LAW, 48), _taken_back),
)
