"""A district that tests may only look at, one that they may change, and clients that are logged in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI

from api import accounts
from api.app import create_app
from api.options import ApiOptions
from store import Database
from tests.api import district
from tests.servers.databases import Server


@dataclass
class House:
    """An application that serves on a port of its own, and a client for each account."""

    db: Database
    app: FastAPI
    address: str
    _tokens: dict[str, str] = field(default_factory=dict)
    _opened: list[httpx.Client] = field(default_factory=list)

    def client(self, username: str | None = None) -> httpx.Client:
        """A client that sends the bearer token of an account; None is the public."""
        client = httpx.Client(base_url=self.address, timeout=30)
        self._opened.append(client)
        if username is not None:
            if username not in self._tokens:
                answer = client.post("/api/v1/login", json={"username": username, "password": district.PASSWORD})
                assert answer.status_code == 200, answer.text
                self._tokens[username] = answer.json()["token"]
            client.headers["authorization"] = f"Bearer {self._tokens[username]}"
        return client

    def browser_like(self, username: str) -> tuple[httpx.Client, str]:
        """A client with the cookie of a session, and the proof that its forms carry."""
        client = self.client()
        proof = proof_of(client.get("/login").text)
        answer = client.post("/login", data={"username": username, "password": district.PASSWORD, "csrf": proof})
        assert answer.status_code == 303, answer.text
        return client, proof_of(client.get("/public/draws").text)

    def close(self) -> None:
        for client in self._opened:
            client.close()


def proof_of(page: str) -> str:
    """The proof in a page's forms."""
    return page.split('name="csrf" value="', 1)[1].split('"', 1)[0]


_ROUTES: list[APIRouter] = []


@contextmanager
def house_on(db: Database, **options: Any) -> Iterator[House]:
    """The application on ``db``, with the clock of the district unless told otherwise."""
    app = create_app(db, ApiOptions(**{"secure_cookies": False, "clock": lambda: district.NOW, **options}))
    # FastAPI works routes out when they are first asked for, which takes a second: all applications share the first's.
    _ROUTES.append(app.router)
    app.router = _ROUTES[0]
    with serving(app) as address:
        house = House(db, app, address)
        yield house
        house.close()


@pytest.fixture(scope="session")
def copied(servers: Callable[[str], Server]) -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """Opens a copy of the loaded district: loading it once costs more than a hundred copies."""
    server = servers("embedded")
    with server.migrated() as url:
        with Database(url, max_size=2) as db:
            district.load(db)
        yield lambda: server.copy(url)


@pytest.fixture(scope="session")
def shown(copied: Callable[[], AbstractContextManager[str]]) -> Iterator[House]:
    """The loaded district; tests that use it change nothing but logins."""
    with copied() as url, Database(url, max_size=4) as db, house_on(db) as house:
        yield house


@pytest.fixture
def house(copied: Callable[[], AbstractContextManager[str]]) -> Iterator[House]:
    """A loaded district of this test's own."""
    with copied() as url, Database(url, max_size=4) as db, house_on(db) as house:
        yield house


@pytest.fixture(scope="session")
def bare(servers: Callable[[str], Server]) -> Iterator[House]:
    """A migrated database with nothing in it but an administrator; tests leave it so."""
    with servers("embedded").migrated() as url, Database(url, max_size=4) as db:
        accounts.add(db, accounts.NewAccount("administrator", "管理员", "administrator", district.PASSWORD),
                     actor="test", now=district.NOW)
        with house_on(db) as house:
            yield house


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a port of its own; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
