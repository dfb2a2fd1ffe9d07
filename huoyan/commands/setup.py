"""Commands that prepare: migrate, settings, policy."""

from __future__ import annotations

import datetime as dt

import click
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import Day
from huoyan.commands.session import settings as load_settings
from huoyan.settings import SETTINGS
from policy import rules
from policy.clocks import legal_day
from store.migrating import migrate as run_migrations


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    before, after = run_migrations(load_settings().database_url)
    click.echo(f"schema {after}, nothing to do" if before == after else f"schema {before or 'none'} -> {after}")


@click.command()
@click.option("--markdown", is_flag=True, help="Print the table of the operator guide: defaults instead of values.")
def settings(markdown: bool) -> None:
    """List every setting with its value, unit and reason."""
    if markdown:
        click.echo(settings_table())
        return
    loaded = load_settings()
    table = Table("variable", "value", "unit", "what it is for")
    for setting in SETTINGS:
        value = str(loaded.values[setting.name])
        table.add_row(setting.variable, "(hidden)" if setting.secret and value else value, setting.unit, setting.reason)
    Console().print(table)


@click.command()
@click.argument("prefix", default="")
@click.option("--date", "day", type=Day(), default=None, help="The day the rules are asked for; today if left out.")
def policy(prefix: str, day: dt.date | None) -> None:
    """List the rules that hold on a day, with their source and how sure they are."""
    day = day or legal_day(dt.datetime.now(dt.UTC))
    table = Table("rule", "value", "unit", "from", "source", "sure")
    for rule in rules().on(day, prefix):
        table.add_row(f"{rule.name}\n{rule.zh}", str(rule.value), rule.unit, str(rule.valid_from),
                      f"{rule.source} {rule.article}".strip(), rule.tag)
    Console().print(table)


def settings_table() -> str:
    """Every setting as a Markdown table."""
    rows = [f"| `{setting.variable}` | {f'`{setting.default}`' if setting.default else ''} | {setting.unit} | "
            f"{setting.reason} |" for setting in SETTINGS]
    return "\n".join(["| variable | default | unit | what it is for |", "| --- | --- | --- | --- |", *rows])


COMMANDS = (migrate, settings, policy)
