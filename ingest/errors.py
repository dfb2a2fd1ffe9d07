"""Mistakes of a setting or a request that a person can mend."""

from store.errors import HuoyanError


class IngestError(HuoyanError):
    """The ingest process can't do what it was told to; the text says why and what to change."""
