"""The process that keeps Mosquitto's password file, access list and revocation list as the database has them."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import structlog

from policy import rules
from policy.clocks import legal_day
from registry import broker_files, certificates
from registry.broker_files import Service
from registry.certificates import AUTHORITY, AUTHORITY_KEY, REVOKED, Authority, Terms
from registry.errors import RegistryError
from registry.private_files import make_private_folder, read_file, write_private
from store import Database, HuoyanError

_log = structlog.get_logger(__name__)
#: After so many rounds without success /readyz says so.
_PATIENCE: Final = 3
_LONGEST_PID: Final = 20


class AccessError(RegistryError):
    """The broker's files can't be kept as the settings ask."""


@dataclass(frozen=True)
class AccessOptions:
    """``folder`` is where the broker reads; ``service`` the login of ingest.

    ``authority`` is the folder of the private authority, None where vendors come with passwords alone. With its key the
    revocation list is written here; without, the list that stands beside the certificate is passed on. ``pid_file``
    names a Mosquitto on this machine that is told to read again; None where it watches the files itself.
    """

    folder: Path
    service: Service | None = None
    authority: Path | None = None
    pid_file: Path | None = None
    seconds: float = 10.0


class BrokerAccess:
    """Looks every few seconds and writes what has changed."""

    def __init__(self, db: Database, options: AccessOptions) -> None:
        self._db, self._options = db, options
        self._stopping = threading.Event()
        self._failures = _PATIENCE
        self._is_told = True

    def ready(self) -> bool:
        """Whether the files are those of the database of a moment ago."""
        return self._failures < _PATIENCE

    def stop(self) -> None:
        """Ask :meth:`run` to end; safe from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Keep the files until :meth:`stop`. While the database is away they stay as they are: nobody is locked out."""
        while not self._stopping.is_set():
            try:
                changed = self.once(dt.datetime.now(dt.UTC))
                self._failures = 0
                if changed:
                    _log.info("the broker's files were written", files=changed)
            except (psycopg.Error, HuoyanError) as error:
                self._failures += 1
                _log.error("the broker's files could not be brought up to date, trying again",
                           reason=" ".join(str(error).split())[:300])
            self._stopping.wait(self._options.seconds)

    def once(self, now: dt.datetime) -> list[str]:
        """Write what has changed and tell the broker; returns the names of the files that were written."""
        try:
            return self._write(now)
        finally:
            # Until it has heard, a key that was revoked still opens: it is told again each round.
            if not self._is_told and self._options.pid_file is not None:
                _tell(self._options.pid_file)
            self._is_told = True

    def _write(self, now: dt.datetime) -> list[str]:
        options = self._options
        make_private_folder(options.folder)
        with self._db.connection() as connection:
            changed = broker_files.write(connection, options.folder, options.service)
            revoked = broker_files.revoked(connection)
        self._is_told = self._is_told and not changed
        if options.authority is not None:
            found = self._authority_files(options.authority, [
                (row["certificate_serial"], row["revoked_at"]) for row in revoked], now)
            self._is_told = self._is_told and not found
            changed += found
        return changed

    def _authority_files(self, authority: Path, revoked: list[tuple[str, dt.datetime]], now: dt.datetime) -> list[str]:
        folder, changed = self._options.folder, []
        if write_private(folder / AUTHORITY, read_file(authority / AUTHORITY, "the certificate of the authority")):
            changed.append(AUTHORITY)
        target = folder / REVOKED
        if not (authority / AUTHORITY_KEY).exists():
            if write_private(target, read_file(authority / REVOKED, "the revocation list")):
                changed.append(REVOKED)
            return changed
        terms = terms_of_policy(legal_day(now))
        standing = target.read_bytes() if target.is_file() else b""
        if (AUTHORITY in changed or certificates.must_be_renewed(standing, terms, now)
                or certificates.revoked_serials(standing) != {serial for serial, _ in revoked}):
            write_private(target, Authority(authority).revocation_list(revoked, terms, now))
            changed.append(REVOKED)
        return changed


def terms_of_policy(day: dt.date, algorithm: str = "rsa") -> Terms:
    """How long certificates hold and how long their keys are, as policy has it on ``day``."""
    book = rules()
    return Terms(algorithm, *(book.value(f"certificates.{name}", day) for name in (
        "rsa_bits", "authority_days", "broker_days", "client_days", "revocation_list_days")))


def _tell(pid_file: Path) -> None:
    """Have Mosquitto read its files again: it drops whoever may not be connected any more, and nobody else.

    One that is not running reads them when it starts.
    """
    if not pid_file.exists():
        _log.info("Mosquitto is not running: it reads the files when it starts", pid_file=str(pid_file))
        return
    text = read_file(pid_file, "the file with Mosquitto's process number", most=_LONGEST_PID).strip()
    if not text.isdigit():
        raise AccessError(f"{pid_file} holds no process number: is pid_file set in mosquitto.conf?")
    try:
        os.kill(int(text), signal.SIGHUP)
    except ProcessLookupError:
        _log.info("Mosquitto is not running: it reads the files when it starts", pid_file=str(pid_file))
    except OSError as error:
        raise AccessError(f"Mosquitto (process {int(text)} of {pid_file}) can't be told to read its files again: "
                          f"{error.strerror}") from None
