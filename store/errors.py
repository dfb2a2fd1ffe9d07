"""Errors that are sentences: each text says what is wrong, where, and what to do."""


class HuoyanError(Exception):
    """A mistake that a person can mend. The command line prints its text and exits with 2; the API answers ``status``.

    Every room derives its own family from this class. The text is one plain sentence (中文或英文) without a traceback.
    """

    status = 400


class StoreError(HuoyanError):
    """The database can't be reached, is not migrated, or refuses what was asked."""

    status = 503
