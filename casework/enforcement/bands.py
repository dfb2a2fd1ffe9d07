"""裁量基准: the band of a fine by article and circumstances, as policy had it on the day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from casework import grounds
from policy import rules


def band(party: str, article: str, circumstance: str, day: dt.date) -> tuple[Decimal, Decimal] | None:
    """Lowest and highest fine of a band; None where policy has none for the article, or for a citizen."""
    if party != "organisation":
        return None
    ground = grounds.read(article)
    if ground is None:
        return None
    key = ground.number if ground.law == grounds.FIRE_LAW else f"{ground.law} {ground.number}"
    found: Any = rules().value("enforcement.bands", day).get(key)
    return None if found is None else (Decimal(found[circumstance][0]), Decimal(found[circumstance][1]))


def outside(party: str, article: str, fine: Decimal, circumstance: str | None, reason: str | None,
            day: dt.date) -> tuple[str, str] | None:
    """Why a fine needs a reason that was not given: it is outside its band, or the circumstances were not named."""
    if not fine or band(party, article, "ordinary", day) is None:
        return None
    if circumstance is None:
        return "name the circumstances of the fine: light, ordinary or heavy", "请填写裁量情节：较轻、一般或较重"
    low, high = band(party, article, circumstance, day) or (fine, fine)
    if low <= fine <= high or reason:
        return None
    return (f"a fine of {fine} yuan is outside the band of {low} to {high} yuan for {circumstance} circumstances: give "
            f"the reason", f"罚款 {fine} 元超出该情节的裁量幅度 {low}—{high} 元，请填写理由")
