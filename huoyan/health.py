"""A small HTTP face for processes that have none: /healthz, /readyz and /metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from store import HuoyanError


class HealthError(HuoyanError):
    """The port of the health page can't be had."""


class HealthServer:
    """Serves until :meth:`close`. ``ready`` says whether the process can do its work now; it is asked at each call."""

    def __init__(self, host: str, port: int, ready: Callable[[], bool]) -> None:
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(ready))
        except OSError as error:
            raise HealthError(f"port {port} on {host} for /healthz can't be used: {error.strerror}") from None
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def __enter__(self) -> HealthServer:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(ready: Callable[[], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(200, "text/plain", b"ok\n")
            elif self.path == "/readyz":
                fit = ready()
                self._answer(200 if fit else 503, "text/plain", b"ready\n" if fit else b"not ready\n")
            elif self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            else:
                self._answer(404, "text/plain", b"say /healthz, /readyz or /metrics\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Probes come every few seconds: the log is for events."""

    return Handler
