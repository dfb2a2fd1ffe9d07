"""Mistakes of a setting or a request that a person can mend."""

from store.errors import HuoyanError


class IngestError(HuoyanError):
    """The ingest process can't do what it was told to; the text says why and what to change."""


class SeatLostError(IngestError):
    """Another process has taken over the session by which messages came: what is in hand is its to store."""
