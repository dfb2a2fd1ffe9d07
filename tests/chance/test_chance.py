"""The check of chance itself: it passes what is right, in few draws, and tells what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chance import strata
from tests.chance.__main__ import main, told


def test_draws_are_as_often_as_stated_and_a_chance_stated_wrongly_is_told(capsys) -> None:
    found = strata.ours(60, 3)
    assert [len(held.stated) for held in found] == [12, 40, 150, 600, 2000]
    assert told("as stated", found) == 0
    wrong = [replace(held, stated=held.stated * 0.7) for held in found]
    assert told("stated too low", wrong) > 2
    assert "!" in capsys.readouterr().out


def test_more_draws_than_a_day_has_time_for_are_refused_in_one_sentence(capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--draws", "5"])
    assert "--draws must be between" in capsys.readouterr().err
