"""Files with secrets: whole or not at all, and readable by their owner alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from registry.errors import RegistryError


class FileNotWritten(RegistryError):
    """A file of secrets can't be written or read."""


def write_private(path: Path, content: bytes, *, mode: int = 0o600) -> bool:
    """Put ``content`` at ``path`` in one step; False where it stands there already, and then nothing is touched.

    Whoever reads the path meanwhile has the old content or the new, also after a power cut.
    """
    try:
        if path.exists() and path.read_bytes() == content and path.stat().st_mode & 0o777 == mode:
            return False
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise FileNotWritten(f"the file {path} can't be written: {error.strerror}") from None
    return True


def read_file(path: Path, what: str, *, most: int = 1_000_000) -> bytes:
    """The content of a small file; ``what`` names it in the sentence where it can't be read."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise FileNotWritten(f"{what} {path} can't be read: {error.strerror}") from None
    if len(content) > most:
        raise FileNotWritten(f"{what} {path} is too large to be one")
    return content


def make_private_folder(path: Path) -> None:
    """Make a folder for secrets where there is none yet."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileNotWritten(f"the folder {path} can't be made: {error.strerror}") from None
