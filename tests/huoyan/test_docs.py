"""The documentation can't fall behind the program."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from huoyan.commands import PLACES
from huoyan.commands.setup import settings_table
from huoyan.reference import page
from scheduler import JOBS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_operator_guide_lists_every_setting_as_it_is() -> None:
    assert settings_table() in text("docs/operator-guide.md")


def test_the_operator_guide_says_what_every_job_does() -> None:
    for job in JOBS:
        assert f"`{job.name}`" in text("docs/operator-guide.md")


def test_the_guide_moves_every_path_of_mosquittos_settings_that_is_a_containers(tmp_path: Path) -> None:
    (line,) = re.findall(r"^ +(sed -e .* > mosquitto\.conf)$", text("docs/operator-guide.md"), re.MULTILINE)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    moved = (tmp_path / "mosquitto.conf").read_text(encoding="utf-8")
    settings = [one for one in moved.splitlines() if one and not one.startswith("#")]
    assert [one for one in settings if "/" in one and str(tmp_path) not in one] == []
    assert "listener 1883 127.0.0.1" in settings


def test_the_page_of_commands_is_their_help() -> None:
    assert text("docs/commands.md") == page(), "write it again: python -m huoyan.reference > docs/commands.md"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_resolve(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_commands_that_the_pages_show_exist() -> None:
    for path in PAGES:
        for line in re.findall(r"^    (?:\$ )?huoyan ([a-z][a-z-]*)", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert line in PLACES, f"{path.name} shows huoyan {line}"


def test_the_first_lines_of_the_readme_say_what_it_is() -> None:
    first = text("README.md").splitlines()[:3]
    assert first[0] == "# Huoyan 火眼"
    assert "fire" in first[2]


def test_the_readme_shows_the_ranking_page() -> None:
    assert "](docs/images/ranking.png)" in text("README.md")
    assert (ROOT / "docs/images/ranking.png").stat().st_size > 20_000
