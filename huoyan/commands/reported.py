"""The simulated district whose record gives a report exactly the numbers asked for."""

from __future__ import annotations

import json
from pathlib import Path

import click

from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from huoyan.commands.simulate import simulate
from simulators.errors import SimulatorError
from simulators.reported import Targets, generate


@simulate.command("report-district")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True,
              help="Another seed, another district with the same numbers.")
@click.option("--year", type=click.IntRange(2022, 2100), default=2024, show_default=True)
@click.option("--targets", "targets", type=click.Path(path_type=Path), default=None,
              help='JSON object of numbers such as {"fires_minor": 12}; what it leaves out is as published for 2024.')
@click.option("--before", "before", type=click.Path(path_type=Path), default=None,
              help="The same for the year before; without it that year has no record.")
def report_district(seed: int, year: int, targets: Path | None, before: Path | None) -> None:
    """Load a district into an empty database whose yearly report gives the numbers asked for.

    Without targets they are the 24 items of one published report of 2024.
    """
    from huoyan.embedded.reported import load_reported

    try:
        wanted = _read(targets) if targets else Targets()
        district = generate(seed, wanted, year=year, before=_read(before) if before else None)
    except SimulatorError as error:
        raise click.ClickException(str(error)) from None
    with database(load_settings(), "simulate") as db:
        if db.row("select 1 from units limit 1"):
            raise click.ClickException("the database holds units already: a simulated district needs an empty one")
        rows = load_reported(db, district)
    click.echo(", ".join(f"{noun} {count}" for noun, count in rows.items() if count))


def _read(path: Path) -> Targets:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SimulatorError(f"{path} can't be read: {error.strerror}") from None
    except ValueError:
        raise SimulatorError(f"{path} is not JSON") from None
    if not isinstance(told, dict):
        raise SimulatorError(f"{path} must be one JSON object of targets")
    return Targets.of(told)


COMMANDS = (simulate,)
