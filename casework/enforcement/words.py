"""What steps and standings of cases, measures and major hazards are called, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

STANDINGS: Mapping[str, tuple[str, str]] = {
    "open": ("办理中", "open"), "late": ("有逾期", "late"), "decided": ("已决定", "decided"),
    "closed": ("已结案", "closed"), "archived": ("已归档", "archived"), "dropped": ("已撤案", "dropped"),
    "transferred": ("已移送", "transferred"), "standing": ("执行中", "in force"), "lifted": ("已解除", "lifted"),
    "expired": ("已到期", "run out"), "done": ("已执行", "carried out"), "found": ("待判定", "found"),
    "determined": ("已判定", "determined"), "listed": ("挂牌督办", "listed"), "accepted": ("已销案", "accepted"),
    "not_major": ("不属于重大", "not major"),
}
"""Where a case, a measure or a major hazard stands."""

STEPS: Mapping[str, tuple[str, str]] = {
    "filed": ("立案", "Filed"), "inquiry": ("询问", "Inquiry"), "notice": ("处罚告知", "Notice of penalty"),
    "statement": ("陈述申辩", "Statement"), "hearing_asked": ("申请听证", "Hearing asked for"),
    "hearing_waived": ("放弃听证", "Hearing waived"), "hearing_notice": ("听证通知", "Notice of hearing"),
    "hearing_held": ("举行听证", "Hearing held"), "legal_review": ("法制审核", "Legal review"),
    "collective": ("集体议案", "Collective decision"), "decision": ("处罚决定", "Decision"),
    "no_penalty": ("不予处罚", "No penalty"), "served": ("送达", "Served"), "paid": ("缴纳罚款", "Paid"),
    "payment_deferred": ("暂缓、分期缴纳", "Payment deferred"),
    "execution_ended": ("终结执行", "Execution ended"), "published": ("公示", "Published"),
    "decision_withdrawn": ("决定变更或撤销", "Decision withdrawn"),
    "publication_withdrawn": ("撤回公示", "Publication withdrawn"), "transferred": ("移送", "Handed over"),
    "transfer_accepted": ("对方接收", "Accepted"), "transfer_refused": ("对方不接收", "Refused"),
    "dropped": ("撤案", "Dropped"), "closed": ("结案", "Closed"), "archived": ("归档", "Archived"),
    "imposed": ("实施", "Imposed"), "confirmed": ("补办集体研究手续", "Confirmed by a meeting"),
    "extended": ("延长", "Extended"), "lift_asked": ("申请解除（恢复）", "Lifting asked for"),
    "lift_inspected": ("解除前检查", "Inspected on request"), "lift_decided": ("是否解除决定", "Decided on request"),
    "lifted": ("依职权解除", "Lifted of own motion"), "done": ("执行完毕", "Carried out"),
    "expired": ("到期", "Ran out"), "found": ("发现", "Found"), "demonstrated": ("专家论证", "Experts heard"),
    "determined": ("判定", "Determined"), "not_major": ("不判定为重大隐患", "Not judged major"),
    "notice_served": ("送达整改通知书", "Notice of rectification"),
    "opinion_reported": ("书面报告政府", "Reported to the government"), "listed": ("挂牌督办", "Listed"),
    "progress": ("整改进展", "Progress"), "accepted": ("验收销案", "Accepted"),
}
"""The steps that are made in one."""


def said(step: str) -> str:
    """The Chinese name of a step; what is no step is said as it was given."""
    return STEPS[step][0] if step in STEPS else step


def fits(standings: Sequence[str]) -> str:
    """In Chinese, the standings in which a step is made."""
    return "或".join(f"“{stood(one)}”" for one in standings)


def stood(standing: str) -> str:
    """The Chinese name of a standing."""
    return STANDINGS[standing][0] if standing in STANDINGS else standing
