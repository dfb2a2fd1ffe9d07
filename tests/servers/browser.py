"""Headless Chromium, as Debian packages it, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
              "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


def binary() -> str | None:
    """Chromium without a desktop's window around the page, which costs as much as the page; else the whole one."""
    found = (shutil.which(name, path=path) for name in ("chromium-headless-shell", "chromium")
             for path in (os.defpath, None))
    return next(filter(None, found), None)


def why_not() -> str | None:
    """Why no browser can be had here, in one sentence; None where it can."""
    return None if binary() else "no browser: install chromium-headless-shell or chromium"


@contextmanager
def run() -> Iterator[Callable[..., Any]]:
    """A function ``context(width, height, **options)`` that opens a fresh browser context, without cookies."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary(), args=_ARGUMENTS)

        def context(width: int = 1366, height: int = 900, **options: Any) -> Any:
            return browser.new_context(viewport={"width": width, "height": height}, **options)

        try:
            yield context
        finally:
            browser.close()
