"""New rows by COPY: which of a load stand already is looked up just where some may."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from psycopg.errors import UniqueViolation

from casework.errors import CaseworkError
from store.database import Connection

# A person who enters the very number between the look and the COPY makes the look stale: it is taken again.
_TRIES = 5
Key = TypeVar("Key", bound=Hashable)
Standing = TypeVar("Standing")
Written = TypeVar("Written")


class NewRows:
    """Writes the new rows of one table, part by part, in the caller's transaction."""

    def __init__(self, connection: Connection, noun: str, unique: str) -> None:
        """``unique`` is the constraint by which a row is known; ``noun`` are the rows, in the plural."""
        self._connection, self._noun, self._unique = connection, noun, unique
        # Where none of the rows before stood, the next are written without a look: one that stands undoes a savepoint.
        self._look = True

    def write(self, stands: Callable[[], dict[Key, Standing]],
              write: Callable[[dict[Key, Standing]], Written]) -> tuple[dict[Key, Standing], Written]:
        """What ``stands`` found, and what ``write`` returned, which is told what stands and writes all else."""
        for look in (self._look, *[True] * _TRIES):
            standing: dict[Key, Standing] = stands() if look else {}
            try:
                with self._connection.transaction():
                    written = write(standing)
            except UniqueViolation as error:
                if error.diag.constraint_name != self._unique:
                    raise
                continue
            self._look = bool(standing)
            return standing, written
        raise CaseworkError(f"somebody goes on entering {self._noun} of this file's numbers: bring it in again later")
