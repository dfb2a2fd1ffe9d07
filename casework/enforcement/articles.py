"""Where a gate stands in law, as an English and a Chinese sentence cite it."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"

Article = tuple[str, str]


def of(law: str, number: int) -> Article:
    """``of("行政处罚法", 44)`` is 行政处罚法 Art. 44 and 《行政处罚法》第四十四条."""
    return f"{law} Art. {number}", f"《{law}》第{_spoken(number)}条"


def cited(text: str) -> Article:
    """The pair for a citation as policy writes it: ``消防监督检查规定 Art. 23``."""
    law, _, number = text.partition(" Art. ")
    return of(law, int(number)) if number.isdigit() else (text, text)


def _spoken(number: int) -> str:
    if number >= 100:
        rest = number % 100
        return f"{_DIGITS[number // 100]}百" + ("" if not rest else ("零" if rest < 10 else "") + _tens(rest, True))
    return _tens(number, False)


def _tens(number: int, inside: bool) -> str:
    if number < 10:
        return _DIGITS[number]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 and not inside else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")
