"""What steps and standings of notices, objections and repairs are called, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

STANDINGS: Mapping[str, tuple[str, str]] = {
    "issued": ("待送达", "to be served"), "served": ("已送达", "served"), "listed": ("已列入", "listed"),
    "dropped": ("已撤销", "dropped"), "open": ("待答复", "to be answered"), "upheld": ("异议成立", "upheld"),
    "rejected": ("异议不成立", "rejected"), "applied": ("待受理", "to be accepted"),
    "incomplete": ("待补正", "papers missing"), "accepted": ("已受理", "accepted"),
    "noticed": ("公示中", "public notice"), "approved": ("准予修复", "approved"),
    "confirmed": ("已送达确认书", "confirmed"), "refused": ("不予修复", "refused"),
    "withdrawn": ("已撤回", "withdrawn"),
}
"""Where a notice, an objection or a repair stands."""

STEPS: Mapping[str, tuple[str, str]] = {
    "issued": ("发出告知", "notice issued"), "served": ("送达", "served"), "statement": ("陈述申辩", "statement"),
    "waived": ("放弃陈述申辩", "views waived"), "hearing_asked": ("申请听证", "hearing asked for"),
    "hearing_held": ("举行听证", "hearing held"), "views_answered": ("复核意见", "views answered"),
    "listed": ("列入名单", "listed"), "dropped": ("撤销告知", "notice dropped"),
    "received": ("收到异议", "objection received"), "answered": ("答复异议", "objection answered"),
    "applied": ("收到申请", "application received"), "incomplete": ("一次性告知补正", "told what is missing"),
    "supplied": ("补交材料", "papers supplied"), "accepted": ("受理", "accepted"),
    "public_notice": ("公示", "public notice"), "notice_objection": ("公示期异议", "objection to the notice"),
    "approved": ("准予修复", "approved"), "refused": ("不予修复", "refused"),
    "confirmed": ("送达确认书", "confirmation served"),
    "platform_ended": ("信用平台终止公示", "publicity on the platform ended"), "withdrawn": ("撤回申请", "withdrawn"),
}
"""The steps that are made in one."""


def said(step: str) -> str:
    """The Chinese name of a step."""
    return STEPS[step][0]


def fits(standings: Sequence[str]) -> str:
    """In Chinese, the standings in which a step is made."""
    return "或".join(f"“{stood(one)}”" for one in standings)


def stood(standing: str) -> str:
    """The Chinese name of a standing."""
    return STANDINGS[standing][0]
