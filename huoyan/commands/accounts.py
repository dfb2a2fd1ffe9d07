"""Commands about the accounts of people and vendors. A password comes from a prompt, a pipe or the environment."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import sys

import click
from rich.console import Console
from rich.table import Table

import api.accounts
from api.sessions import PASSWORD_MAX_LENGTH
from api.viewer import ROLES
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings

ORDER = 70
_VARIABLE = "HUOYAN_ACCOUNT_PASSWORD"


def _password() -> str:
    """The new password: never an argument, which every process of the machine could read."""
    if _VARIABLE in os.environ:
        # Taken out, so that it is neither a setting nor something that a child process inherits.
        return os.environ.pop(_VARIABLE)
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline(PASSWORD_MAX_LENGTH + 2).rstrip("\r\n")


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@click.group()
def account() -> None:
    """Accounts of the pages and the REST interface."""


@account.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the account may do.")
@click.option("--name", "display_name", default="", help="Name shown on the pages; the user name if left out.")
@click.option("--area", "areas", multiple=True, help="Area code it sees, with all beneath; may stand several times.")
@click.option("--vendor", "vendor_code", default=None, help="Vendor code, for the role vendor.")
@click.option("--officer", "officer_no", default=None, help="Officer number, for the role officer.")
def add(username: str, role: str, display_name: str, areas: tuple[str, ...], vendor_code: str | None,
        officer_no: str | None) -> None:
    """Add an account; the password is asked for, or read from a pipe."""
    asked = api.accounts.NewAccount(username, display_name or username, role, _password(), areas, vendor_code,
                                    officer_no)
    with database(load_settings(), "account") as db:
        api.accounts.add(db, asked, actor=_actor(), now=_now())
    click.echo(f"added {username} ({role})")


@account.command()
@click.argument("username")
def passwd(username: str) -> None:
    """Give an account a new password and end its logins."""
    password = _password()
    with database(load_settings(), "account") as db:
        api.accounts.set_password(db, username, password, actor=_actor(), now=_now())
    click.echo(f"new password set for {username}; its logins have ended")


@account.command()
@click.argument("username")
@click.option("--open", "reopen", is_flag=True, help="Open a closed account again.")
def disable(username: str, reopen: bool) -> None:
    """Close an account and end its logins; its traces in the audit log stay."""
    with database(load_settings(), "account") as db:
        api.accounts.set_active(db, username, reopen, actor=_actor())
    click.echo(f"{username} is {'open again' if reopen else 'closed'}")


@account.command("list")
def list_accounts() -> None:
    """List every account with its role and reach."""
    table = Table("user name", "shown as", "role", "reach", "state", "logins")
    with database(load_settings(), "account") as db:
        now = _now()
        for one in api.accounts.listed(db, now):
            locked = one["locked_until"] is not None and one["locked_until"] > now
            reach = one["vendor_code"] or " ".join(one["area_codes"]) or "every area"
            state = "closed" if not one["active"] else "locked" if locked else "open"
            table.add_row(one["username"], one["display_name"], one["role"], reach, state, str(one["open_sessions"]))
    Console().print(table)


COMMANDS = (account,)
