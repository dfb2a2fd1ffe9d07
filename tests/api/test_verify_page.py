"""The page on which anyone checks a bundle in the browser: what it says, and that the file stays there."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from api.pages import STATIC
from tests.api.conftest import House

DAY = "2026-12-07"


def _changed(content: bytes) -> bytes:
    bundle = json.loads(content)
    bundle["result"]["sizes"][0]["size"] += 1
    return json.dumps(bundle).encode()


def _verify(page: Any, content: bytes, commitment: str = "") -> str:
    """The verdict on a file."""
    page.set_input_files("[name=bundle]", {"name": "D.json", "mimeType": "application/json", "buffer": content})
    page.fill("[name=commitment]", commitment)
    page.click("#verify button.primary")
    page.wait_for_selector("#verify-going", state="hidden", timeout=60_000)
    page.wait_for_selector("#verdict[data-verdict]", timeout=60_000)
    verdict: str = page.get_attribute("#verdict", "data-verdict")
    return verdict


def test_a_bundle_is_checked_in_the_browser_and_never_leaves_it(shown: House, browser: Callable[..., Any]) -> None:
    content = shown.client("administrator").get(f"/api/v1/draws/{DAY}/bundle").content
    published = shown.client().get(f"/api/v1/public/draws/{DAY}").json()
    page, complaints, sent = browser(1440, 900).new_page(), list[str](), list[tuple[str, str]]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(shown.address + "/public/draws")
    page.click("text=核验存证包")
    page.wait_for_url("**/public/verify")
    page.on("request", lambda request: sent.append((request.method, request.url.removeprefix(shown.address))))

    assert _verify(page, content) == "ok"
    told = page.inner_text("#verify-answer")
    assert "一致" in told
    assert published["draw_no"] in told
    assert f"检查数\n{published['visits']}" in told
    assert "登记数据本身是否属实" in told
    assert page.evaluate("document.activeElement.id") == "verify-answer"

    # Another commitment, another size, a file that is none, and a whole other draw of that day.
    assert _verify(page, content, "ab" * 32) == "bad"
    assert "ab" * 32 in page.inner_text("#verify-said")
    assert _verify(page, _changed(content)) == "bad"
    assert "the seed gives" in page.inner_text("#verify-said")
    assert _verify(page, b"{}") == "none"
    example = (STATIC.parents[1] / "docs/examples/draw-bundle.json").read_bytes()
    assert _verify(page, example) == "ok"
    assert "本站没有公布这次抽取" in page.inner_text("#verify-published")
    assert "没有与事先公布的承诺值比对" in page.inner_text("#verify-open")

    assert {method for method, _ in sent} == {"GET"}
    # The icon is asked for whenever the browser gets to it.
    assert {url.split("?")[0] for _, url in sent} <= {
        "/static/huoyan.svg", "/static/verify.mjs", f"/api/v1/public/draws/{DAY}", "/api/v1/public/draws/2026-12-30"}
    assert [text for text in complaints if "404" not in text] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_another_draw_than_the_published_one_is_told_apart(shown: House, browser: Callable[..., Any],
                                                           language: str) -> None:
    page = browser(390, 844).new_page()
    content = shown.client("administrator").get(f"/api/v1/draws/{DAY}/bundle").content
    page.route("**/api/v1/public/draws/*", lambda route: route.fulfill(
        json={**json.loads(route.fetch().body()), "commitment": "cd" * 32}))
    page.goto(f"{shown.address}/public/verify?lang={language}")
    assert _verify(page, content) == "bad"
    assert "cd" * 32 in page.inner_text("#verify-published")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
