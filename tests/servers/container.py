"""The database of docker-compose.yml in a container, for machines that are no Debian or where one is not root."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import yaml

from tests.servers.programs import unused_port

_COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
# The image initialises its cluster and starts again before it takes connections from outside.
_START_SECONDS = 120.0


def image() -> str:
    """The database image that production starts."""
    return str(yaml.safe_load(_COMPOSE.read_text(encoding="utf-8"))["services"]["database"]["image"])


@lru_cache(maxsize=1)
def engine() -> bool:
    """Whether a container engine answers here; the client alone is not enough."""
    if shutil.which("docker") is None:
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@contextmanager
def run(ready: Callable[[str], bool]) -> Iterator[str]:
    """The URL of a server in a container of this run's own, removed with its data at the end."""
    name, port, password = f"huoyan-tests-{os.getpid()}", unused_port(), secrets.token_hex(16)
    subprocess.run(["docker", "run", "--detach", "--rm", "--name", name, "--publish", f"127.0.0.1:{port}:5432",
                    "--env", "POSTGRES_PASSWORD", "--env", "TIMESCALEDB_TELEMETRY=off", image(), "-c", "fsync=off"],
                   env=os.environ | {"POSTGRES_PASSWORD": password}, check=True, capture_output=True)
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready(url):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the container of {image()} did not answer within {_START_SECONDS:g} s")
            time.sleep(0.5)
        yield url
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)
