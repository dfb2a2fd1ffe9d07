"""A filter sent as it stands, without a script, answers; so does every kind of address that a page links to."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
from lxml import html

from api.navigation import MENU
from tests.api.conftest import House

_NUMBER = re.compile(r"\d[\w-]*")


def test_a_filter_left_as_it_stands_answers_without_a_script(shown: House) -> None:
    client, refused, sent = shown.client("administrator"), [], 0
    for path in (entry.path for entry in MENU):
        for form in _page(client, path).forms:
            if form.method == "GET":
                target = urlsplit(urljoin(path, form.action or path)).path
                answer = client.get(target, params=_sent(form))
                sent += 1
                if answer.status_code != 200:
                    refused.append((target, _sent(form), answer.status_code))
    assert sent > 20
    assert not refused


def test_every_kind_of_address_that_a_page_links_to_answers(shown: House) -> None:
    client, seen, broken = shown.client("administrator"), set[str](), []
    to_read = [entry.path for entry in MENU]
    while to_read:
        path = to_read.pop()
        answer = client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            broken.append((path, answer.status_code))
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for link in html.fromstring(answer.content).xpath("//main//a/@href"):
            there = urljoin(path, link)
            if there.startswith("/") and _kind(there) not in seen:
                seen.add(_kind(there))
                to_read.append(there)
    assert len(seen) > 100
    assert not broken


def test_a_blank_parameter_of_the_api_is_heard(shown: House) -> None:
    assert shown.client("administrator").get("/api/v1/deadlines?body=").status_code == 422


def _page(client: httpx.Client, path: str) -> html.HtmlElement:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
    return html.fromstring(answer.content)


def _sent(form: html.FormElement) -> list[tuple[str, str]]:
    """What a browser sends: a radio button or a box where it is checked, of a choice what stands first."""
    fields = form.xpath(".//input[@name]|.//select[@name]")
    return [(field.name, field.value or "") if field.tag == "select" else (field.get("name"), field.get("value", ""))
            for field in fields
            if field.get("type") not in ("radio", "checkbox") or field.get("checked") is not None]


def _kind(address: str) -> str:
    """An address without its numbers: one unit's page stands for all."""
    parts = urlsplit(address)
    return _NUMBER.sub("#", parts.path) + "?" + "&".join(sorted(name for name, _ in parse_qsl(parts.query)))
