"""统一社会信用代码, the unified social credit code of GB 32100-2015: its form and its check character.

Eighteen characters: registering body (1), kind of organisation (1), area code (6 digits), subject (9), check (1).
"""

from __future__ import annotations

from registry.errors import RegistryError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the standard: no I, O, S, V or Z."""

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
_LOOKS_LIKE = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}


class InvalidCode(RegistryError):
    """A unified social credit code is not well formed; the text says why."""


def check_character(body: str) -> str:
    """The eighteenth character for the first seventeen: 31 less the sum of value times 3^i, modulo 31."""
    total = sum(_VALUE[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def fault(code: str) -> str | None:
    """Why ``code`` is not a unified social credit code, as one clause; None where it is one."""
    if len(code) != 18:
        return f"a unified social credit code has 18 characters, this one has {len(code)}"
    for position, character in enumerate(code, start=1):
        if character in _LOOKS_LIKE:
            return f"character {position} is {character}, which the code never uses: is it {_LOOKS_LIKE[character]}?"
        if character not in _VALUE:
            return f"character {position} is {character!r}: only digits and capitals without I, O, S, V, Z are used"
    if not code[2:8].isdigit():
        return "characters 3 to 8 are an area code and must be digits"
    expected = check_character(code[:17])
    if code[17] != expected:
        return f"its check character is {code[17]} where the others call for {expected}: one of them is mistyped"
    return None


def verify(code: str) -> str:
    """``code`` itself where it is well formed; :class:`InvalidCode` otherwise."""
    reason = fault(code)
    if reason is not None:
        raise InvalidCode(f"{code!r} can't be a unified social credit code: {reason}")
    return code
