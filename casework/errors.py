"""What can go wrong in casework, each a sentence for the person who must act."""

from __future__ import annotations

from store import HuoyanError


class CaseworkError(HuoyanError):
    """An entry of casework that can't be taken as it is."""


class NotFound(CaseworkError):
    """What was named does not exist."""

    status = 404


class AlreadyDone(CaseworkError):
    """The entry was made before: a second one would count one fact twice."""

    status = 409
