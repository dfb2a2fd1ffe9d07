"""Where a rule stands, as Chinese law numbers it: policy cites articles and items in one language for every reader."""

from __future__ import annotations

import re

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple((re.compile(pattern), said) for pattern, said in (
    (r"Arts?\. ?(\d+(?:[-–]\d+)?)\((\d+)\)", r"第\1条第（\2）项"),
    (r"Arts?\. ?(\d+(?:[-–]\d+)?) ¶(\d+)", r"第\1条第\2款"),
    (r"Arts?\. ?(\d+(?:[-–]\d+)?)", r"第\1条"),
    (r"\bitems? (\d+(?:[-–]\d+)?)", r"第\1项"),
    (r"\bCh\. ?(\d+)", r"第\1章"),
    (r"(\S+条(?:第\d+款)?) of (\S+)", r"\2\1"),
))
# What is remarked beside an article of the clocks, which officers read every day.
_REMARKS = {
    "by the difficulty of the work": "视整改难易程度确定",
    "a province; the regulation says promptly": "省级规定；部门规章仅要求及时",
    "as told by an application guide": "据办事指南",
    "the same on 信用中国 (江西)": "信用中国（江西）同此规定",
    "no text on credit that was read has a number": "信用方面的规定未见天数",
    "ended within three working days of the removal": "移出后三个工作日内停止公示",
    "three or more penalties within one year": "一年内三次以上处罚",
    "taken for older records": "用于更早的记录",
    "from memory": "凭记忆，待核对",
    "as remembered": "凭记忆，待核对",
    "product default": "本项目默认",
    "this project": "本项目",
    "taken by analogy": "参照",
}


def cited(text: str) -> str:
    """The citation for who reads Chinese; a remark that has no words here stays as it is."""
    for form, said in _FORMS:
        text = form.sub(said, text)
    for remark, said in _REMARKS.items():
        text = text.replace(remark, said)
    return re.sub(r" ?\(([^()]*[\u4e00-\u9fff][^()]*)\)", r"（\1）", text)
