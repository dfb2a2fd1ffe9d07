"""Errors that are sentences: each text says what is wrong, where, and what to do."""


class HuoyanError(Exception):
    """A mistake that a person can mend. The command line prints its text and exits with 2; the API answers ``status``.

    Every room derives its own family from this class. The text is one plain English sentence without a traceback;
    ``zh`` is the same in Chinese, where whoever raises it has it: what a clerk meets on a page should have it.
    """

    status = 400

    def __init__(self, text: str = "", *, zh: str | None = None) -> None:
        super().__init__(text)
        self.zh = zh


class StoreError(HuoyanError):
    """The database can't be reached, is not migrated, or refuses what was asked."""

    status = 503
