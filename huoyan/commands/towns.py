"""The command about towns: what each may do and what is missing."""

from __future__ import annotations

import datetime as dt

import click
from rich.console import Console
from rich.table import Table

from casework.delegation import town_state
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings


@click.command("towns")
@click.option("--missing", is_flag=True, help="Only towns that lack something.")
def show_towns(missing: bool) -> None:
    """List the towns with their agreements, officers, acts of the year and what is missing."""
    now = dt.datetime.now(dt.UTC)
    with database(load_settings(), "towns") as db, db.connection() as connection:
        rows = town_state.towns(connection, now, limit=1000)
    table = Table("town", "agreement", "officers ready", "acts delegated", "empowered", "referrals", "missing",
                  title="镇街执法 towns")
    table.columns[0].no_wrap = True
    for row in rows:
        if row["flags"] or not missing:
            table.add_row(f"{row['town_code']} {row['name_zh']}",
                          "\n".join(number for number in (row["delegated"], row["empowered"]) if number) or "–",
                          f"{row['ready']} of {row['officers']}", str(row["delegated_acts"]),
                          str(row["empowered_acts"]), str(row["referrals_waiting"]),
                          ", ".join(flag.replace("_", " ") for flag in row["flags"]))
    Console().print(table)


COMMANDS = (show_towns,)
