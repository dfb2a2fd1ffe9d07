"""The house: who imports whom, how large a file may grow, and what no file may name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from importlinter.api import read_configuration
from importlinter.application.use_cases import lint_imports

ROOT = Path(__file__).parents[1]
ROOMS = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}

# Longer than this a file holds more than one noun.
_LONGEST = 400
_LONGER = {
    "sampling/verify.py": "one file by design: a stranger copies it and needs nothing else",
}

# Registry hosts, and folders of one person's machine: neither is there on anyone else's.
_HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "deb.debian" + ".org")
_FOLDERS = re.compile(r"(?<![\w.$~/}])/(?:work|root|home/[a-z]+)/|/tmp/huo" + "yan/")


def tracked() -> list[Path]:
    """Every file of the repository that could be committed."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT,
                            capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((str(path.relative_to(ROOT)), content.decode("utf-8")))
    return found


def test_a_room_imports_only_the_rooms_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    pyproject = str(ROOT / "pyproject.toml")
    assert lint_imports(pyproject, cache_dir=None, no_logo=True), capsys.readouterr().out
    configuration = read_configuration(pyproject)
    assert set(configuration["session_options"]["root_packages"]) == ROOMS
    assert len(configuration["contracts_options"]) >= 4


def test_no_file_grows_past_what_a_person_reads_at_once() -> None:
    long = {name: lines for name, text in texts() if name.endswith(".py") and name.split("/")[0] in ROOMS
            and (lines := text.count("\n")) > _LONGEST}
    assert {name: lines for name, lines in long.items() if name not in _LONGER} == {}
    assert set(_LONGER) <= set(long), "no longer an exception"


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc", "manager", "managers", "helper", "util"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    assert [path for path in tracked() if path.stem == name] == []


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    found = []
    for name, text in texts():
        for number, line in enumerate(text.splitlines(), 1):
            if any(host in line for host in _HOSTS) or _FOLDERS.search(line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert found == []


def test_the_lock_files_pin_everything_by_hash_and_name_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-server.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert not re.search(r"^--", text, re.MULTILINE)
        packages = re.findall(r"^[a-z0-9][a-z0-9._-]*==[^ ]+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", text,
                              re.MULTILINE)
        pinned = re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)
        assert len(packages) == len(pinned) > 40


def test_the_lock_files_hold_what_the_project_asks_for() -> None:
    asked = re.findall(r'^    "([a-z0-9-]+)(?:\[[a-z,]+\])?==([^"]+)"', (ROOT / "pyproject.toml").read_text("utf-8"),
                       re.MULTILINE)
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements-dev.lock").read_text("utf-8"),
                             re.MULTILINE))
    assert len(asked) > 25
    assert {name: version for name, version in asked if locked.get(name) != version} == {}


def test_scripts_can_be_run_and_are_sound() -> None:
    for name in (".ci/run", "tests/servers/prepare", "deploy/database/010_logins.sh", "deploy/mosquitto/run.sh"):
        path = ROOT / name
        assert path.stat().st_mode & 0o111 == 0o111, f"{name} is not executable"
        shell = path.read_text(encoding="utf-8").splitlines()[0].split()[-1].rpartition("/")[2]
        subprocess.run([shell, "-n", path], check=True, capture_output=True)
