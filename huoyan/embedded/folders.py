"""Where the embedded stack keeps its data, and the secrets that lie there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from huoyan.embedded.errors import EmbeddedError


def demo_home() -> Path:
    """``HUOYAN_DEMO_HOME``, else a folder of the machine for root, else the user's data folder."""
    named = os.environ.get("HUOYAN_DEMO_HOME", "")
    if named:
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/huoyan-demo")
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local" / "share") / "huoyan"


def make_folder(folder: Path, mode: int = 0o711) -> Path:
    """Make ``folder`` where it is missing; 0711 lets the database's own user pass through, and list nothing.

    A folder that is already there keeps its permissions: it may hold more than ours.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            folder.chmod(mode)
    except OSError as error:
        raise EmbeddedError(f"the folder {folder} can't be made ({error.strerror}): "
                            "name another one with HUOYAN_DEMO_HOME") from None
    return folder


def secret(path: Path) -> str:
    """The secret kept in ``path``, readable by its owner alone; made on first use, whole or not at all."""
    try:
        if path.exists():
            kept = path.read_text(encoding="ascii").strip()
            if kept:
                return kept
        made = secrets.token_urlsafe(24)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(made + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise EmbeddedError(f"the secret {path} can't be read or made ({error.strerror}): "
                            "run as the user that owns it, or name another folder with HUOYAN_DEMO_HOME") from None
    return made
