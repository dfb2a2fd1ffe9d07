"""The pages in a real browser: a duty officer's round, an alarm that comes in, a narrow screen, the security policy."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.api import district
from tests.api.conftest import House

_NARROW = ("/", "/ranking", "/overrides", "/plans", "/public/plans", "/public/plans/Y2026-1",
           "/alarms", "/duty", "/duty?view=requests", "/findings", "/findings/{finding}", "/findings/{plot}",
           "/draws/2026-12-07", "/list-draws", "/campaigns", "/joint-draws", "/inspections", "/registers/units",
           "/registers/devices",
           "/registers/officers", "/registers/import", "/quarantine", "/jobs", "/policy", "/accounts", "/audit",
           "/model-audit", "/public/draws", "/public/draws/2026-12-07", "/public/verify", "/api",
           "/units/{unit}", "/inspections/{visit}",
           "/units/{unit}?entered=fire", "/units/{unit}/enter/penalty", "/units/{unit}/enter/check?number=T-U0001",
           "/registers/units/new", "/registers/units/edit?key=U0001", "/registers/officers/edit?key=O0",
           "/registers/leave/new", "/vendors", "/vendors/anning", "/vendors/anning/devices", "/vendors/anning/keys",
           "/vendors/anning/try")


def _ids(house: House) -> dict[str, int]:
    row = house.db.row("""select (select unit_id from units where unit_no = 'U0001') as unit,
        (select min(finding_id) from findings where rule = 'false_alarms') as finding,
        (select min(finding_id) from findings where rule = 'pressure_out') as plot,
        (select inspection_id from inspections join units using (unit_id)
         where inspections.status = 'planned' and unit_no = 'U0003') as visit""")
    assert row
    return row


def _log_in(context: Any, house: House, username: str) -> tuple[Any, list[str]]:
    """A page that is logged in, and the list in which everything it complains of is gathered."""
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(house.address + "/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", district.PASSWORD)
    page.click("form.gate-form button")
    page.wait_for_url(house.address + "/")
    return page, complaints


def test_the_next_page_of_a_list_begins_at_its_top(shown: House, browser: Callable[..., Any]) -> None:
    page, complaints = _log_in(browser(1280, 600), shown, "administrator")
    page.goto(shown.address + "/ranking?limit=15")
    first = page.text_content("#results tbody tr:first-child .cell-unit")
    page.focus("#results .pager [rel=next]")
    page.keyboard.press("Enter")
    page.wait_for_function("first => document.querySelector('#results .cell-unit').textContent !== first", arg=first)
    page.wait_for_function("document.activeElement.id === 'results'")
    top = page.evaluate("document.getElementById('results').getBoundingClientRect().top")
    bar = page.evaluate("document.querySelector('.top').getBoundingClientRect().bottom")
    assert bar <= top < bar + 100, "the head of the list is in view, below the bar"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#results tbody tr') !== null"), "on with the rows by keyboard"
    assert not complaints


def test_a_duty_officers_round(house: House, browser: Callable[..., Any]) -> None:
    page, complaints = _log_in(browser(1440, 900), house, "administrator")
    page.wait_for_selector("[data-chart=alarm_days][data-drawn]")

    page.click("text=风险排名")
    page.wait_for_url("**/ranking")
    page.wait_for_load_state("load")
    page.keyboard.press("/")
    page.keyboard.type("U0003")
    page.wait_for_selector("#results tbody tr:only-child")
    assert "q=U0003" in page.url
    page.click("#results .cell-unit a")
    page.wait_for_selector("#telemetry[data-drawn]")
    assert page.locator(".waterfall tbody tr").count() > 3

    page.goto(house.address + "/draws")
    page.click("#check")
    page.wait_for_selector("[data-check=ok]")
    page.click("[data-verify]")
    page.wait_for_selector("[data-browser-check=ok]")

    page.goto(f"{house.address}/inspections/{_ids(house)['visit']}")
    page.fill("[name=day]", "2026-12-07")
    page.fill("[name=started]", "09:00")
    page.fill("[name=ended]", "09:45")
    page.fill("[name=responsible_person]", "王某")
    page.fill("[name=accompanied_by]", "李某")
    row = page.locator("[data-hazard]").first
    row.locator("[name=item_code]").select_option("X01")
    row.locator("[name=handling]").select_option("ordered")
    row.locator("[name=due_on]").fill("2026-12-20")
    page.click("[data-add-hazard]")
    assert page.locator("[data-hazard]").count() == 3
    page.click("text=保存结果")
    page.wait_for_selector("[data-next-score]")
    assert page.inner_text("[data-next-score]") != page.inner_text(".moved-was")
    assert complaints == []


def test_the_public_checks_a_seed_without_a_login(shown: House, browser: Callable[..., Any]) -> None:
    page = browser().new_page()
    page.goto(shown.address + "/public/draws")
    page.click("tbody a")
    page.click("[data-verify-public]")
    page.wait_for_selector("[data-browser-check=ok]")


def test_an_alarm_is_on_the_page_within_ten_seconds_of_being_stored(house: House, browser: Callable[..., Any]) -> None:
    page, complaints = _log_in(browser(), house, "brigade")
    page.goto(house.address + "/alarms")
    page.wait_for_selector(".pulse")
    with house.db.connection() as connection:
        connection.execute("""insert into alarms (device_id, unit_id, kind, point, opened_at, received_at, last_at)
            select device_id, unit_id, 'gas_alarm', '9-9', %s, %s, %s from devices where device_no = 'D0001'""",
                           [district.NOW] * 3)
    stored = time.monotonic()
    page.wait_for_selector(".alarm-list >> text=9-9", timeout=10_000)
    assert time.monotonic() - stored < 10
    assert "第001号宾馆" in page.inner_text("#alarm-call")
    first = page.locator(".alarm").first
    first.locator("summary").click()
    first.locator("[name=note]").fill("厨房油烟")
    # Half a verdict is typed: the refresh waits for it.
    page.wait_for_timeout(5_000)
    assert page.locator(".alarm").first.locator("[name=note]").input_value() == "厨房油烟"
    first.locator("button[value=false]").click()
    page.wait_for_selector(".status-false")
    assert house.db.row("select verdict, verdict_note from alarms where point = '9-9'") == {
        "verdict": "false", "verdict_note": "厨房油烟"}
    assert complaints == []


@pytest.mark.parametrize(("width", "language"), [(390, "zh"), (1440, "en")])
def test_no_page_scrolls_sideways_or_breaks_its_policy(shown: House, browser: Callable[..., Any], width: int,
                                                       language: str) -> None:
    page, complaints = _log_in(browser(width, 844), shown, "administrator")
    page.goto(f"{shown.address}/policy?lang={language}")
    wide = {}
    for address in _NARROW:
        page.goto(shown.address + address.format(**_ids(shown)))
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide[address] = over
    assert not wide
    assert complaints == []


def test_the_pages_are_worked_by_keyboard(shown: House, browser: Callable[..., Any]) -> None:
    page, _ = _log_in(browser(), shown, "administrator")
    page.goto(shown.address + "/ranking")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("#results tbody tr").nth(1).locator(".cell-unit a").get_attribute("href")
    assert page.evaluate("document.activeElement.getAttribute('href')") == second
    page.keyboard.press("Enter")
    page.wait_for_url(shown.address + str(second))


def test_on_a_narrow_screen_the_menu_opens_and_closes(shown: House, browser: Callable[..., Any]) -> None:
    page, _ = _log_in(browser(390, 844), shown, "administrator")
    assert not page.locator(".side nav").is_visible()
    page.click(".menu-open")
    page.wait_for_timeout(300)
    assert page.locator(".side nav").is_visible()
    page.click(".side nav >> text=风险排名")
    page.wait_for_url(shown.address + "/ranking")
    assert not page.locator(".side nav").is_visible()
