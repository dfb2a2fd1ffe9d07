"""处罚依据: the law and the article that a penalty rests on, and what that article allows on a day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from casework.errors import CaseworkError
from policy import rules

FIRE_LAW = "消防法"
_DIGITS = "零一二三四五六七八九"
_GROUND = re.compile(
    r"\s*(?:依据|根据|依照|按照|违反)?\s*(?P<law>.{0,60}?(?:法|条例|规定|办法|规则|细则|Law)》?)"
    r"\s*(?:[（(][^()（）]{0,30}[）)])?\s*(?:第\s*)?(?:Art(?:icle)?\.?\s*)?"
    r"(?P<number>\d{1,3}(?!\d)|[零一二三四五六七八九十百]{1,7}(?=\s*条))", re.IGNORECASE)
_FIRE_LAW = re.compile(r"《?(?:中华人民共和国)?消防法》?|Fire (?:Protection )?Law", re.IGNORECASE)


@dataclass(frozen=True)
class Ground:
    """An article of a law."""

    law: str
    number: str

    def __str__(self) -> str:
        return f"{self.law} Art. {self.number}"

    @property
    def zh(self) -> str:
        return f"《{self.law}》第 {self.number} 条"


def read(text: str) -> Ground | None:
    """The law and the article that a text begins with, in digits or as 第六十条; None where it names none."""
    found = _GROUND.match(text)
    if found is None:
        return None
    law, number = found["law"].strip(), found["number"]
    if _FIRE_LAW.fullmatch(law):
        law = FIRE_LAW
    elif law.startswith("《") and law.find("》") == len(law) - 1:
        law = law[1:-1]
    return Ground(law, str(int(number) if number.isascii() else _spoken(number)))


def named(text: str) -> Ground:
    """:func:`read`, where a text that names no law and article is refused."""
    found = read(text)
    if found is None:
        raise CaseworkError(f"article names a law and an article, such as 消防法 Art. 60 or 消防法第六十条, not "
                            f"{text!r}",
                            zh=f"article 应填写法律及条文，如“消防法第六十条”，不能是“{text}”")
    return found


def check(text: str, day: dt.date) -> None:
    """An article that is no ground of a penalty in a law that policy knows is refused."""
    _allowed(named(text), day)


def check_penalty(text: str, kind: str, amount: Decimal | None, day: dt.date, party: str | None = None) -> None:
    """A penalty of a kind that its ground does not allow, or a fine above what it allows, is neither told nor decided.

    Without ``party`` the highest of any party is taken. Before the texts that were read, nothing is known and allowed.
    """
    ground = named(text)
    allows = _allowed(ground, day)
    if not rules().value("penalty.grounds", day):
        return
    if allows is None:
        if kind == "fine":
            raise CaseworkError(f"what a fine under {ground} may come to is not known: add the article to the rule "
                                f"penalty.grounds of your policy folder first, with its highest fine",
                                zh=f"{ground.zh}的罚款上限未收录：请先在本地政策目录的 penalty.grounds 中补充该条")
        return
    kinds = allows.get("kinds")
    if kind not in kinds if kinds else kind == "seal":
        raise CaseworkError(f"{ground} is no ground of a {kind}" + (f": it allows {', '.join(kinds)}" if kinds else ""),
                            zh=f"{ground.zh}不是{kind_zh(kind, day)}的依据" + (
                                f"，只可作出{'、'.join(kind_zh(one, day) for one in kinds)}" if kinds else ""))
    if kind != "fine" or amount is None:
        return
    most = Decimal(allows["fine"][party] if party else max(allows["fine"].values()))
    if amount > most:
        raise CaseworkError(f"a fine of {amount:f} yuan is above the {most:f} yuan that {text} allows",
                            zh=f"罚款 {amount:f} 元超过{text}规定的上限 {most:f} 元")


def kind_zh(kind: str, day: dt.date) -> str:
    """The Chinese name of a kind of penalty."""
    return next((str(one["zh"]) for one in rules().value("penalty.kinds", day) if one["code"] == kind), kind)


def _allowed(ground: Ground, day: dt.date) -> Mapping[str, Any] | None:
    """What policy has of an article; None where it does not know the law."""
    articles: Mapping[str, Any] | None = rules().value("penalty.grounds", day).get(ground.law)
    if articles is None:
        return None
    if ground.number not in articles:
        these = sorted(articles, key=int)
        raise CaseworkError(f"{ground} is no ground of a penalty on {day}: of {ground.law} these are Art. "
                            f"{', '.join(these)}",
                            zh=f"{ground.zh}不是处罚依据：{day} 时《{ground.law}》可作依据的为第 {'、'.join(these)} 条")
    found: Mapping[str, Any] = articles[ground.number]
    return found


def _spoken(words: str) -> int:
    """六十五 is 65, 一百零二 is 102."""
    hundreds, hundred, rest = words.rpartition("百")
    tens, ten, ones = rest.lstrip("零").rpartition("十")
    try:
        return (_DIGITS.index(hundreds or "一") * 100 if hundred else 0) + (
            _DIGITS.index(tens or "一") * 10 if ten else 0) + _DIGITS.index(ones or "零")
    except ValueError:
        return 0
