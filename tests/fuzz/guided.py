"""One target under atheris, for as many inputs or seconds as are asked: ``python -m tests.fuzz.guided TARGET ...``.

A process of its own, since libFuzzer ends it. What follows the name goes to libFuzzer. The slowest input so far is told
in the file that ``HUOYAN_FUZZ_SLOWEST`` names. With ``HUOYAN_FUZZ_BLIND`` one module alone reports coverage (libFuzzer
does not start without any): several times as fast, for many inputs from a corpus that a guided run has grown.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import atheris


def main() -> None:
    name, arguments = sys.argv[1], sys.argv[2:]
    is_blind = bool(os.environ.get("HUOYAN_FUZZ_BLIND"))
    with atheris.instrument_imports(include=["ingest.texts" if is_blind else "ingest"]):
        from tests.fuzz.targets import TARGETS

    target, told, slowest = TARGETS[name], Path(os.environ["HUOYAN_FUZZ_SLOWEST"]), 0.0

    def run(data: bytes) -> None:
        nonlocal slowest
        began = time.process_time()
        target(data)
        took = time.process_time() - began
        if took > slowest:
            slowest = took
            told.write_text(f"{took} {len(data)}")

    atheris.Setup([sys.argv[0], *arguments], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
