"""What a step comes after: papers dated the other way round prove nothing, however late they are entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casework.enforcement.articles import Article
from casework.enforcement.errors import GateClosed, closed
from casework.enforcement.steps import StepForm, last, shown
from casework.enforcement.words import said

#: The steps that lie before a step, of cases, measures and major hazards; the newest of them counts.
AFTER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("hearing_asked", "hearing_waived"), ("notice",)),
    "hearing_notice": ("hearing_asked",), "hearing_held": ("hearing_notice",),
    **dict.fromkeys(("transfer_accepted", "transfer_refused"), ("transferred",)),
    "served": ("decision", "no_penalty"), "published": ("decision",), "decision_withdrawn": ("decision",),
    "publication_withdrawn": ("published", "decision_withdrawn"),
    **dict.fromkeys(("paid", "payment_deferred", "execution_ended"), ("served",)),
    "lift_asked": ("lift_decided",), "lift_inspected": ("lift_asked",), "lift_decided": ("lift_inspected",),
    "lifted": ("confirmed", "extended", "lift_asked", "lift_inspected", "lift_decided"),
    "determined": ("demonstrated",), "not_major": ("demonstrated",),
    **dict.fromkeys(("notice_served", "opinion_reported", "progress"), ("determined",)),
    "listed": ("notice_served", "opinion_reported"),
    "accepted": ("determined", "notice_served", "opinion_reported", "listed", "progress"),
}


def early(made: Sequence[Mapping[str, Any]], form: StepForm, article: Article) -> GateClosed | None:
    """The refusal of a step that is dated before one that it comes after."""
    before = last(made, *AFTER.get(form.step, ()))
    if before is None or form.at >= before["at"]:
        return None
    at, then = shown(form.at), shown(before["at"])
    return closed(article, f"the step {form.step} is dated {at}, before the step {before['step']} at {then}",
                  f"“{said(form.step)}”的时间 {at} 早于“{said(before['step'])}”的时间 {then}")
