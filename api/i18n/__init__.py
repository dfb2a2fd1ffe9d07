"""Every word of the pages, in Chinese and in English: ``key: (中文, English)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from api.i18n import (
    cases,
    credit,
    deadlines,
    draws,
    duty,
    enforcement,
    estimates,
    findings,
    ledgers,
    lists,
    model_audits,
    operations,
    overrides,
    people,
    plans,
    ratios,
    refusals,
    registers,
    reports,
    risk,
    shell,
    supervision,
    towns,
    vendors,
    verify,
)

Language = Literal["zh", "en"]
Translate = Callable[..., str]

WORDS: dict[str, tuple[str, str]] = {}
for _part in (shell, risk, model_audits, overrides, findings, duty, enforcement, draws, lists, ratios, estimates, plans,
              cases, credit, deadlines, registers, people, refusals, operations, vendors, verify, supervision, towns,
              reports, ledgers):
    for _key, _pair in _part.WORDS.items():
        if _key in WORDS:
            raise ValueError(f"the word {_key} stands twice")
        WORDS[_key] = _pair


def say(language: Language, key: str, **values: Any) -> str:
    """The words for ``key`` in ``language`` with ``values`` filled in; a missing key is a mistake of the program."""
    text = WORDS[key][0 if language == "zh" else 1]
    return text.format(**values) if values else text


def translator(language: Language) -> Translate:
    """:func:`say` for one language, as the templates use it."""
    def translate(key: str, **values: Any) -> str:
        return say(language, key, **values)
    return translate
