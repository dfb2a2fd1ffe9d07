"""What the pages and the API refuse: each refusal is one sentence, in the reader's language."""

from __future__ import annotations

from typing import Any

from api.i18n import Language, say
from store.errors import HuoyanError


class Refusal(HuoyanError):
    """The request can't be answered as it was asked; ``key`` names the sentence, ``values`` fill it in."""

    key = "refusal.bad_request"

    def __init__(self, key: str | None = None, **values: Any) -> None:
        self.key = key or self.key
        self.values = values
        super().__init__(self.text("en"))

    def text(self, language: Language) -> str:
        """The sentence in ``language``."""
        return say(language, self.key, **self.values)


class BadField(Refusal):
    """A field of the request can't be used."""

    status = 422
    key = "refusal.field"


class NotLoggedIn(Refusal):
    """The page needs a login."""

    status = 401
    key = "refusal.login_needed"


class LoginFailed(Refusal):
    """Name or password do not fit; which of them is not said."""

    status = 401
    key = "refusal.login_failed"


class LockedOut(Refusal):
    """Too many failed logins of one account."""

    status = 429
    key = "refusal.locked"


class NotYours(Refusal):
    """The role, or the account's areas, do not allow this."""

    status = 403
    key = "refusal.role"


class Absent(Refusal):
    """There is no such thing, or not for this account: the two are answered alike."""

    status = 404
    key = "refusal.page"


class Conflict(Refusal):
    """The thing has changed since, or is already so."""

    status = 409
    key = "refusal.conflict"
