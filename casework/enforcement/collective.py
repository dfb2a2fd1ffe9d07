"""集体议案: acts that need the minutes of a meeting, who sat in it, and what it came to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.enforcement import articles
from casework.enforcement.errors import closed
from casework.enforcement.evidence import digest
from casework.enforcement.steps import officer_list, shown
from casework.errors import CaseworkError, NotFound
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Meeting:
    """One collective decision with its minutes; ``filing_receipt`` is the receipt of a filing upward (上报备案)."""

    held_at: dt.datetime
    members: tuple[str, ...]
    agreed: bool
    minutes_uri: str
    minutes_sha256: str
    filing_receipt: str | None = None


def meeting(data: Any) -> Meeting:
    """A :class:`Meeting` from JSON."""
    if not isinstance(data, Mapping):
        raise CaseworkError("collective is written as {held_at, members, agreed, minutes_uri, minutes_sha256}",
                            zh="集体议案应填写时间、参加人员、结论、纪要地址及摘要")
    if not isinstance(data.get("agreed"), bool):
        raise CaseworkError("agreed must be true or false", zh="集体议案结论应为同意或不同意")
    receipt = data.get("filing_receipt")
    return Meeting(forms.moment(data.get("held_at"), "held_at"), officer_list(data.get("members"), "members"),
                   data["agreed"], forms.word(data.get("minutes_uri"), "minutes_uri", 1000),
                   digest(data.get("minutes_sha256"), "minutes_sha256"),
                   forms.word(receipt, "filing_receipt") if receipt else None)


def trigger(code: str, day: dt.date) -> Mapping[str, Any]:
    """A trigger as policy has it on a day."""
    found: Mapping[str, Any] = next(one for one in rules().value("enforcement.collective", day)["triggers"]
                                    if one["code"] == code)
    return found


def large_fine(party: str, day: dt.date) -> float:
    """The fine from which a case needs a meeting."""
    return float(rules().value("enforcement.collective", day)["fine"][party])


def require(code: str, found: Meeting | None, at: dt.datetime) -> Meeting:
    """The meeting that an act needs, or a refusal with the article that asks for it."""
    rule = trigger(code, legal_day(at))
    article = articles.cited(rule["article"])
    if found is None:
        raise closed(article, f"{rule['en']} needs a collective decision with minutes first",
                     f"{rule['zh']}须先经集体议案并有会议纪要")
    if not found.agreed:
        raise closed(article, f"the meeting of {shown(found.held_at)} did not agree to {rule['en']}",
                     f"{shown(found.held_at)} 的集体议案未同意{rule['zh']}")
    if found.held_at > at:
        raise closed(article, f"the meeting on {rule['en']} was held at {shown(found.held_at)}, after the act at "
                     f"{shown(at)}", f"{rule['zh']}的集体议案于 {shown(found.held_at)} 召开，晚于决定时间 {shown(at)}")
    return found


def enter(connection: Connection, noun: str, ref: str, code: str, found: Meeting, actor: str) -> None:
    """Keep a meeting; one with too few members, or with some that no register knows, is refused."""
    rule = rules().value("enforcement.collective", legal_day(found.held_at))
    if len(found.members) < rule["members"]:
        raise closed(articles.cited(trigger(code, legal_day(found.held_at))["article"]),
                     f"{len(found.members)} members sat in the meeting, at least {rule['members']} are needed",
                     f"集体议案只有 {len(found.members)} 人参加，至少需要 {rule['members']} 人")
    known = {row["officer_no"] for row in connection.execute(q["known"], [list(found.members)]).fetchall()}
    for member in found.members:
        if member not in known:
            raise NotFound(f"officer {member} is not in the register of officers",
                           zh=f"人员名录库中没有 {member}")
    connection.execute(q["insert"], {
        "noun": noun, "ref": ref, "trigger": code, "held": found.held_at, "members": list(found.members),
        "agreed": found.agreed, "uri": found.minutes_uri, "sha": found.minutes_sha256,
        "receipt": found.filing_receipt, "actor": actor})
    audit.record(connection, actor, "collective", noun, ref, None, {**vars(found), "trigger": code})


def read(connection: Connection, noun: str, ref: str) -> list[dict[str, Any]]:
    """The meetings on something, the first first."""
    return connection.execute(q["read"], {"noun": noun, "ref": ref}).fetchall()
