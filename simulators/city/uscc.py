"""Unified social credit codes (GB 32100-2015) with both check characters right, for made-up units."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100: no I, O, S, V, Z."""
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_BODY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(first17: str) -> str:
    """The 18th character: GB 32100-2015, 5.3 (weights 3^i mod 31)."""
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(_CODE_WEIGHTS, first17, strict=True))
    return ALPHABET[-total % 31]


def body_check_character(first8: str) -> str:
    """The ninth character of the organisation code within: GB 11714-1997 (X stands for 10)."""
    total = sum(weight * _BODY_ALPHABET.index(character)
                for weight, character in zip(_BODY_WEIGHTS, first8, strict=True))
    return "0123456789X0"[11 - total % 11]


def make(register: str, area_code: str, serial: int) -> str:
    """A code of a register ('91' enterprise, '92' individual business, '12' institution) in a 6-digit area.

    Different serials (below 31**3 * 10**4) give different codes.
    """
    body, rest = "", serial
    for _ in range(4):
        rest, digit = divmod(rest, 10)
        body = str(digit) + body
    for _ in range(3):
        rest, index = divmod(rest, 31)
        body = ALPHABET[index] + body
    body = "M" + body
    first17 = register + area_code + body + body_check_character(body)
    return first17 + check_character(first17)
