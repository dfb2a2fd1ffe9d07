"""The package that the image installs carries everything that the repository has beside its modules."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted({path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built from a copy: the build leaves its traces beside the sources."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    source.mkdir()
    names = [*ROOMS, "pyproject.toml", "README.md", "LICENSE"]
    archive = subprocess.run(["tar", "cf", "-", "--exclude=__pycache__", *names], cwd=ROOT, check=True,
                             capture_output=True).stdout
    subprocess.run(["tar", "xf", "-"], cwd=source, check=True, input=archive)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
                    "--wheel-dir", folder, source], check=True, capture_output=True)
    return next(folder.glob("huoyan-*.whl"))


def test_no_file_of_a_room_is_left_behind(wheel: Path) -> None:
    there = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*")
              if path.is_file() and "__pycache__" not in path.parts}
    assert wanted - there == set()
    assert {name.split("/")[0] for name in there} == set(ROOMS)


def test_the_installed_program_finds_its_rules_and_its_migrations(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")},
                   "PYTHONPATH": str(tmp_path / "site"), "COLUMNS": "200"}
    code = ("import huoyan, policy, store.migrating, store.revisions, sys; from huoyan.cli import main; "
            f"assert huoyan.__file__.startswith({str(tmp_path)!r}), huoyan.__file__; "
            "assert store.revisions.head(); sys.argv[1:] = ['policy']; main()")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 20
