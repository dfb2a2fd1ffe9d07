"""Every word is there in both languages, every word asked for exists, and none lies about unused."""

import re
from pathlib import Path
from string import Formatter

import pytest

from api.i18n import WORDS, say

ROOT = Path(__file__).parents[2] / "api"
TEMPLATES = sorted((ROOT / "templates").glob("*.html"))
MODULES = sorted(ROOT.glob("*.py"))
_ASKED = re.compile(r"""\bt\(\s*["']([a-z][\w.]*)["']\s*[,)]""")
_BUILT = re.compile(r"""\bt\(\s*["']([a-z][\w.]*\.)["']\s*~""")
_NAMED = re.compile(r'"((?:refusal|field|nav)\.[a-z_]+)"')
# Prefixes that macros are called with: parts.status(code, t, "visit").
_PREFIXES = re.compile(r"""parts\.status\([^()]*(?:\([^()]*\))?[^()]*,\s*t,\s*["']([a-z.]+)["']\)""")


def _everything() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in [*TEMPLATES, *MODULES])


def _gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_word_has_both_languages_and_the_same_gaps() -> None:
    assert not [key for key, pair in WORDS.items() if not (pair[0].strip() and pair[1].strip())]
    # This one shows a brace of JSON and is never filled in.
    assert not [key for key, pair in WORDS.items() if key != "api.lead" and _gaps(pair[0]) != _gaps(pair[1])]


def test_every_word_asked_for_exists() -> None:
    missing = {key for key in _ASKED.findall(_everything()) if key not in WORDS}
    missing |= {key for key in _NAMED.findall(_everything()) if key not in WORDS}
    assert not missing


def test_every_built_key_has_words_under_its_prefix() -> None:
    prefixes = set(_BUILT.findall(_everything())) | {f"{name}." for name in _PREFIXES.findall(_everything())}
    assert prefixes
    assert not {prefix for prefix in prefixes if not any(key.startswith(prefix) for key in WORDS)}


def test_no_word_lies_about_unused() -> None:
    text = _everything()
    used = set(_ASKED.findall(text)) | set(_NAMED.findall(text))
    prefixes = set(_BUILT.findall(text)) | {f"{name}." for name in _PREFIXES.findall(text)} | {
        "status.", "field.", "device.", "record.", "verdict.", "job.status.", "draw.status.", "arm.", "class."}
    unused = {key for key in WORDS if key not in used and not key.startswith(tuple(prefixes))}
    assert not unused


def test_the_english_of_a_page_holds_no_chinese() -> None:
    chinese = {key: pair[1] for key, pair in WORDS.items() if re.search(r"[\u4e00-\u9fff]", pair[1])}
    assert not chinese


def test_a_word_that_does_not_exist_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        say("zh", "no.such.word")
