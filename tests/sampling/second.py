"""The verifier in another language: ``api/static/verify.mjs``, many bundles through one Node process."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parents[2] / "api/static/verify.mjs"
_BATCH = Path(__file__).with_name("verifier.mjs")
NODE = shutil.which("node")
# JSON has one sort of number: only Python's sentences tell 1.0 from 1. Exponentials may differ in their last bits, so
# what odds draw with is compared to six digits.
_POINT = re.compile(r"(?<=\d)\.0(?![\d])")
_TRUE = re.compile(r"(?<=draw with probability )([\d.e-]+)")


def plain(text: str) -> str:
    """A sentence without what the two languages must write differently."""
    return _TRUE.sub(lambda found: f"{float(found[1]):.6g}", _POINT.sub("", text))


class Second:
    """A running Node process that answers one bundle after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **question: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def check(self, data: bytes, commitment: str | None = None, chain: list[bytes] | None = None) -> tuple[int, str]:
        status, text = self.ask(check=_text(data), commitment=commitment, chain=[_text(one) for one in chain or []])
        return status, text

    def derive(self, data: bytes) -> dict[str, Any]:
        return self.ask(derive=_text(data))

    def sha256(self, data: bytes) -> str:
        return self.ask(sha=_text(data))


@contextmanager
def second() -> Iterator[Second]:
    assert NODE
    with subprocess.Popen([NODE, str(_BATCH)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Second(process)
        finally:
            assert process.stdin
            process.stdin.close()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
