"""The command: every name in its place, mistakes in one sentence."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys

import pytest

from huoyan import commands
from huoyan.commands import ABOUT, PLACES


def huoyan(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
    return subprocess.run([sys.executable, "-m", "huoyan.cli", *words], capture_output=True, text=True, timeout=60,
                          env=kept | environment, check=False)


def test_the_table_of_commands_is_what_the_modules_make() -> None:
    made, said = {}, {}
    for info in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"huoyan.commands.{info.name}")
        for command in getattr(module, "COMMANDS", ()):
            made[command.name] = info.name
            if info.name in PLACES[command.name]:
                said.setdefault(command.name, command.get_short_help_str(limit=400))
    assert made == {name: places[0] for name, places in PLACES.items()}
    assert said == ABOUT
    assert list(ABOUT) == list(PLACES)


def test_help_names_every_command_with_what_it_does() -> None:
    told = huoyan("--help").stdout
    for name in PLACES:
        assert f"\n  {name} " in told


@pytest.mark.parametrize(("share", "is_warned"), [("", False), ("huoyan", True), ("qTz4mWc9XbR2kVn7", False)])
def test_ingest_warns_of_a_share_whose_name_may_be_guessed(share: str, *, is_warned: bool) -> None:
    done = huoyan("ingest", HUOYAN_MQTT_SHARE=share, HUOYAN_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 2
    assert ("HUOYAN_MQTT_SHARE may be guessed" in done.stdout + done.stderr) is is_warned


@pytest.mark.parametrize(("words", "environment", "sentence"), [
    (("policy", "--date", "tomorrow"), {}, "Invalid value for '--date': 'tomorrow' is not a day such as 2026-03-01"),
    (("nonsense",), {}, "No such command 'nonsense'."),
    (("settings",), {"HUOYAN_API_PORT": "70000"},
     "HUOYAN_API_PORT='70000' can't be used: a port is between 1 and 65535"),
    (("settings",), {"HUOYAN_API_PROT": "1"},
     "HUOYAN_API_PROT is not a setting: huoyan settings lists those there are"),
    (("settings",), {"HUOYAN_POLICY_DIR": "/nowhere"},
     "HUOYAN_POLICY_DIR='/nowhere' can't be used: it is not a folder"),
    (("jobs",), {"HUOYAN_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "the database does not answer"),
    (("jobs",), {"HUOYAN_DATABASE_URL": "=nonsense"}, "the database"),
])
def test_a_mistake_is_one_sentence_and_exit_code_2(words: tuple[str, ...], environment: dict[str, str],
                                                   sentence: str) -> None:
    done = huoyan(*words, **environment)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.startswith("huoyan: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_a_password_in_the_database_address_is_never_printed() -> None:
    done = huoyan("settings", HUOYAN_DATABASE_URL="postgresql://u:hunter2@localhost/x", COLUMNS="200")
    assert done.returncode == 0
    assert "hunter2" not in done.stdout + done.stderr
