"""Every page renders, with data and without, in both languages, and holds nothing that its security policy forbids."""

import hashlib
import re

import httpx
import pytest

from api.pages import STATIC
from tests.api import district
from tests.api.conftest import House, house_on

PAGES = ("/", "/ranking", "/alarms", "/alarms?state=all", "/alarms/pulse", "/draws", "/inspections",
         "/inspections?state=done", "/registers/units", "/registers/devices", "/registers/officers",
         "/registers/vendors", "/registers/items", "/registers/areas", "/registers/import", "/quarantine", "/jobs",
         "/quarantine?waiting=true&asked=7", "/storage",
         "/model-audit", "/estimates", "/estimates?period=2026&by=kind", "/estimates?first=2026-12-01&by=group",
         "/reports?period=2026", "/reports?kind=quarterly&period=2026Q4", "/reports?kind=monthly&period=2026-12",
         "/reports/officers?period=2026", "/reports/rows/inspections?first=2026-01-01&last=2026-12-31",
         "/ratios", "/ratios?day=2026-12-08", "/policy", "/policy?day=2011-06-01", "/accounts", "/audit",
         "/public/draws", "/public/verify", "/api")
_OF_ONE = ("/units/{unit}", "/inspections/new?unit_id={unit}", "/inspections/{done}", "/inspections/{planned}",
           "/draws/2026-12-07", "/draws/2026-12-07/check", "/public/draws/2026-12-07")
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)


def _ids(house: House) -> dict[str, int]:
    found = house.db.row("""select (select unit_id from units where unit_no = 'U0001') as unit,
        (select min(inspection_id) from inspections where status = 'done') as done,
        (select min(inspection_id) from inspections where status = 'planned') as planned""")
    assert found
    return found


def _check(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.text[:500]}"
    assert not _INLINE.search(answer.text), f"{address} holds {_INLINE.search(answer.text)}"
    policy = answer.headers["content-security-policy"]
    assert "'unsafe" not in policy
    for source in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert not source.startswith(("http:", "https:", "//")), f"{address} takes {source} from elsewhere"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_renders_without_data(bare: House, address: str, language: str) -> None:
    _check(bare.client("administrator"), f"{address}{'&' if '?' in address else '?'}lang={language}")


@pytest.mark.parametrize("address", [*PAGES, *_OF_ONE])
def test_a_page_renders_with_data(shown: House, address: str) -> None:
    for language in ("zh", "en"):
        path = address.format(**_ids(shown))
        _check(shown.client("administrator"), f"{path}{'&' if '?' in path else '?'}lang={language}")


@pytest.mark.parametrize("address", ["/ranking", "/alarms", "/inspections", "/registers/units"])
def test_a_list_is_searched_in_place(shown: House, address: str) -> None:
    client = shown.client("administrator")
    part = client.get(f"{address}?q=U0001", headers={"hx-request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text


def test_every_asset_of_a_page_is_there(shown: House) -> None:
    client = shown.client("administrator")
    page = client.get("/").text + client.get("/draws").text
    assets = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))
    assert len(assets) >= 6
    for asset in assets:
        answer = client.get(asset)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_plots_are_loaded_only_where_something_is_plotted(shown: House) -> None:
    client = shown.client("administrator")
    assert "echarts" in client.get("/").text
    assert "echarts" not in client.get("/ranking").text


def test_a_name_from_outside_can_not_become_markup(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("update units set name = '<img src=x onerror=alert(1)>' where unit_no = 'U0001'")
    client = house.client("administrator")
    for address in ("/ranking?q=U0001", f"/units/{_ids(house)['unit']}", "/registers/units?q=U0001"):
        page = client.get(address).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_the_language_stays_once_chosen(shown: House) -> None:
    client = shown.client("administrator")
    assert "风险排名" in client.get("/ranking").text
    assert "Risk ranking" in client.get("/ranking?lang=en").text
    assert "Risk ranking" in client.get("/ranking").text


def test_a_day_of_rest_names_the_next_draw(house: House) -> None:
    saturday = district.NOW.replace(day=12)
    with house_on(house.db, clock=lambda: saturday) as later:
        page = later.client("administrator").get("/draws").text
    assert "2026年12月14日" in page


def test_vendored_libraries_are_the_ones_written_down() -> None:
    table = (STATIC / "vendor" / "VENDORED.md").read_text(encoding="utf-8")
    scripts = sorted((STATIC / "vendor").glob("*.js"))
    assert len(scripts) == 2
    for script in scripts:
        assert hashlib.sha256(script.read_bytes()).hexdigest() in table
        assert (STATIC / "vendor" / f"{script.name.split('.')[0]}.LICENSE").is_file()
