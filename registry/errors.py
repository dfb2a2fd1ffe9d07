"""What the registers refuse, as sentences."""

from __future__ import annotations

from store import HuoyanError


class RegistryError(HuoyanError):
    """A record or a file of records can't be taken as it is."""


class RecordMissing(RegistryError):
    """The record asked for is not in its register."""

    status = 404


class RecordExists(RegistryError):
    """A record with this key is in the register already."""

    status = 409


class FileRefused(RegistryError):
    """A file can't be read as a table of records; nothing of it was stored."""
