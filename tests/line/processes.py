"""The product's own commands, run as an operator runs them."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.servers.programs import Program, unused_port

_NUMBERS = itertools.count()
ROOT = Path(__file__).parents[2]


def until(found: Callable[[], Any], seconds: float, what: str) -> Any:
    """Ask until the answer is true; fails with ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.1)
    return answer


class Line:
    """Settings, commands and processes on one database; ``settings`` are HUOYAN_ names in lower case."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
        self._environment = kept | {"OMP_NUM_THREADS": "1", "HUOYAN_LOG_LEVEL": "warning",
                                    **{f"HUOYAN_{name.upper()}": str(value) for name, value in settings.items()}}
        self._programs: list[Program] = []

    def command(self, *words: str | Path, fed: str = "", database: str = "") -> subprocess.CompletedProcess[str]:
        """``huoyan`` with these words, whatever its exit code; ``database`` names another login than the owner's."""
        return subprocess.run([sys.executable, "-m", "huoyan.cli", *map(str, words)], capture_output=True, text=True,
                              input=fed, env=self._on(database), timeout=180, check=False)

    def run(self, *words: str | Path, fed: str = "", database: str = "") -> str:
        """The same, which must end well; returns what it printed."""
        done = self.command(*words, fed=fed, database=database)
        assert done.returncode == 0, f"huoyan {' '.join(map(str, words))}: {done.stderr}{done.stdout}"
        return done.stdout

    def start(self, name: str, port: int, database: str = "") -> Program:
        """A process of production, ready to work."""
        program = Program([sys.executable, "-m", "huoyan.cli", name], self.folder / f"{name}.log",
                          ready=lambda: answers(f"http://127.0.0.1:{port}/readyz"), name=name,
                          environment=self._on(database))
        program.start()
        self._programs.append(program)
        return program

    def _on(self, database: str) -> dict[str, str]:
        return self._environment | ({"HUOYAN_DATABASE_URL": database} if database else {})

    def stop(self) -> None:
        for program in reversed(self._programs):
            program.stop()


class Logins:
    """A login for each process, a member of its group and of nothing else, as production has them."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._suffix = f"{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(owner, autocommit=True) as connection:
            for name in ("ingest", "scheduler", "api"):
                connection.execute(sql.SQL("create role {} login in role {} password 'for this test'").format(
                    sql.Identifier(self._role(name)), sql.Identifier(f"huoyan_{name}")))

    def url(self, name: str) -> str:
        return make_conninfo(self._owner, user=self._role(name), password="for this test")

    def close(self) -> None:
        with psycopg.connect(self._owner, autocommit=True) as connection:
            for name in ("ingest", "scheduler", "api"):
                connection.execute(sql.SQL("drop role {}").format(sql.Identifier(self._role(name))))

    def _role(self, name: str) -> str:
        return f"line_{name}_{self._suffix}"


class Api:
    """The REST interface, with a login."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self._base = f"http://127.0.0.1:{port}/api/v1"
        self._token = ""
        self._token = self.post("/login", {"username": username, "password": password})["token"]

    def get(self, path: str) -> Any:
        return self._ask(Request(self._base + path, headers=self._headers()))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._ask(Request(self._base + path, json.dumps(body).encode(),
                                 headers=self._headers() | {"Content-Type": "application/json"}))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _ask(self, request: Request) -> Any:
        try:
            with urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise AssertionError(f"{request.full_url}: {error.code} {error.read().decode()}") from None


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


__all__ = ["ROOT", "Api", "Line", "Logins", "answers", "until", "unused_port"]
