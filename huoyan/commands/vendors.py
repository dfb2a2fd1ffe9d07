"""Commands about vendors: sign-up, keys, limits, certificates, a trial; and the process that tells the broker."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from huoyan.broker_access import AccessOptions, BrokerAccess, terms_of_policy
from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from huoyan.running import run_service
from huoyan.settings import Settings
from ingest import trial
from ingest.texts import clean
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from registry import certificates, vendor_keys, vendor_limits, vendors
from registry.broker_files import Service
from registry.certificates import ALGORITHMS, AUTHORITY, Authority
from registry.private_files import make_private_folder, read_file, write_private
from registry.vendor_keys import NewKey
from store import Database

_LARGEST_TRIAL = 16_000_000
_FOLDER = click.Path(path_type=Path, file_okay=False)


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def _database() -> Iterator[Database]:
    with database(load_settings(), "vendor") as db:
        yield db


def _tell(key: NewKey) -> None:
    click.echo(f"login: {key.login}")
    if key.password is not None:
        click.echo(f"password: {key.password}")
        click.echo("The password is shown now and never again.", err=True)


@click.group()
def vendor() -> None:
    """Vendors of devices: sign-up, keys at the broker, limits, and what would become of a message."""


@vendor.command()
@click.argument("code")
@click.option("--name", required=True, help="Name of the vendor.")
@click.option("--keys", "count", type=click.IntRange(1, 20), default=1, show_default=True,
              help="How many logins to make, such as one for each platform of the vendor.")
def add(code: str, name: str, count: int) -> None:
    """Sign a vendor up: it gets a login at the broker, whose password is shown once."""
    with _database() as db, db.connection() as connection:
        made = [vendor_keys.sign_up(connection, {"vendor_code": code, "name": name}, actor=_actor(), now=_now())]
        made += [vendor_keys.add(connection, code, actor=_actor(), now=_now()) for _ in range(count - 1)]
    for key in made:
        _tell(key)


@vendor.command("list")
def list_vendors() -> None:
    """List vendors with their devices and keys."""
    table = Table("vendor", "name", "state", "devices", "valid keys")
    with _database() as db, db.connection() as connection:
        keys = vendor_keys.listing(connection, None, now=_now())
        for one in vendors.listing(connection):
            valid = [key.login for key in keys if key.vendor_code == one.vendor_code and key.is_valid]
            table.add_row(one.vendor_code, one.name, one.status, str(one.devices), " ".join(valid))
    _print(table if table.row_count else "no vendors")


@vendor.command()
@click.argument("code")
def keys(code: str) -> None:
    """List the keys of a vendor, the newest first."""
    table = Table("login", "kind", "state", "made", "ends", "note")
    with _database() as db, db.connection() as connection:
        vendors.get(connection, code)
        for key in vendor_keys.listing(connection, code, now=_now()):
            ends = key.revoked_at or key.ends_at or key.certificate_ends_at
            table.add_row(key.login, key.kind, key.state, _time(key.created_at), _time(ends), key.note)
    _print(table if table.row_count else f"{code} has no keys: huoyan vendor rotate {code}")


@vendor.command()
@click.argument("code")
@click.option("--note", default="", help="What the key is for, such as the platform that gets it.")
@click.option("--end-others-on", type=Day(), metavar="DAY",
              help="Let the other keys end with this day; without it they hold until they are revoked.")
def rotate(code: str, note: str, end_others_on: dt.date | None) -> None:
    """Make a new key beside those there are. Devices on the old ones are not disturbed."""
    ends = None
    if end_others_on is not None:
        ends = dt.datetime.combine(end_others_on + dt.timedelta(days=1), dt.time(), SHANGHAI)
    with _database() as db, db.connection() as connection:
        made = vendor_keys.rotate(connection, code, end_others_at=ends, note=note, actor=_actor(), now=_now())
    _tell(made)


@vendor.command()
@click.argument("login")
@click.option("--even-the-last", is_flag=True, help="Also where no device of the vendor could connect any more.")
def revoke(login: str, even_the_last: bool) -> None:
    """End a key: the broker refuses it within a minute and closes its connections."""
    with _database() as db, db.connection() as connection:
        vendor_keys.revoke(connection, login, even_the_last=even_the_last, actor=_actor(), now=_now())
    click.echo(f"{login} is revoked")


@vendor.command()
@click.argument("code")
def suspend(code: str) -> None:
    """Refuse everything of a vendor; its keys, devices and data stay."""
    _set_status(code, "suspended")


@vendor.command()
@click.argument("code")
def resume(code: str) -> None:
    """Take a suspended vendor in again, with the keys it had."""
    _set_status(code, "active")


def _set_status(code: str, status: str) -> None:
    with _database() as db, db.connection() as connection:
        vendors.update(connection, code, {"status": status}, actor=_actor(), day=legal_day(_now()))
    click.echo(f"{code} is {status}")


def _limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name in reversed(vendor_limits.FIELDS):
        words = name.replace("_", " ")
        command = click.option(f"--{name.replace('_', '-')}", name, metavar="NUMBER",
                               help=f"Most {words}; - goes back to that of policy.")(command)
    return command


@vendor.command()
@click.argument("code")
@_limit_options
def limits(code: str, **given: str | None) -> None:
    """Show how much telemetry a vendor may send, or change it. Alarms and events have no limit."""
    changes = {name: _number(name, text) for name, text in given.items() if text is not None}
    usual = vendor_limits.of_policy(rules(), legal_day(_now()))
    with _database() as db, db.connection() as connection:
        if changes:
            vendor_limits.change(connection, code, changes, usual, actor=_actor())
        own = vendor_limits.own(connection, code)
    table = Table("limit", "value", "from")
    for name in vendor_limits.FIELDS:
        value = own[name] if own[name] is not None else getattr(usual, name)
        table.add_row(name, "none" if value is None else f"{value:,.10g}",
                      "policy" if own[name] is None else "the vendor")
    _print(table)


def _number(name: str, text: str) -> float | None:
    if text == "-":
        return None
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a number", param_hint=f"--{name.replace('_', '-')}") from None


@vendor.command()
@click.argument("code")
@click.option("--authority", type=_FOLDER, required=True, help="Folder that `huoyan certificates` has filled.")
@click.option("--out", type=_FOLDER, required=True, help="Folder for what the vendor gets.")
@click.option("--request", type=click.Path(path_type=Path, dir_okay=False),
              help="The vendor's signing request: then its key never leaves it.")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="rsa", show_default=True)
@click.option("--note", default="", help="What the certificate is for.")
def certificate(code: str, authority: Path, out: Path, request: Path | None, algorithm: str, note: str) -> None:
    """Make a key of a vendor that is a client certificate, for the listener that asks for one."""
    signer, now = Authority(authority), _now()
    asked = read_file(request, "the signing request") if request else None
    make_private_folder(out)
    with _database() as db, db.connection() as connection:
        key = vendor_keys.add(connection, code, kind="certificate", note=note, actor=_actor(), now=now)
        issued = signer.issue_client(key.login, terms_of_policy(legal_day(now), algorithm), now, asked)
        vendor_keys.bind_certificate(connection, key, issued.serial, issued.ends_at)
        # Before the commit: a key whose certificate could not be written should not be there.
        files = {f"{key.login}.crt": (issued.certificate, 0o644),
                 AUTHORITY: (read_file(authority / AUTHORITY, "the certificate of the authority"), 0o644)}
        if issued.key is not None:
            files[f"{key.login}.key"] = issued.key, 0o600
        for name, (content, mode) in files.items():
            write_private(out / name, content, mode=mode)
    click.echo(f"login: {key.login}")
    for name in files:
        click.echo(f"written: {out / name}")
    click.echo(f"valid until {_time(issued.ends_at)}")


@vendor.command("try")
@click.argument("source", metavar="FILE")
@click.option("--topic", required=True, help="The topic it would be published on.")
def try_message(source: str, topic: str) -> None:
    """Say what would become of a message in FILE (- is standard input); nothing is stored.

    Exit code 1 says that something of it would be refused.
    """
    payload = (sys.stdin.buffer.read(_LARGEST_TRIAL) if source == "-"
               else read_file(Path(source), "the message", most=_LARGEST_TRIAL))
    loaded = load_settings()
    with database(loaded, "vendor") as db, db.connection() as connection:
        found = trial.attempt(connection, rules(), topic, payload, now=_now(), max_payload=loaded.ingest_max_payload)
    table = Table("device", "would store", "name", "value or point", "time", "note")
    for row in found.rows:
        table.add_row(row.device_no, row.what, row.name, f"{row.text} {row.unit}".rstrip(), _time(row.ts),
                      _NOTES[row.note])
    if table.row_count:
        _print(table)
    if found.more:
        click.echo(f"and {found.more} more")
    for refusal in found.refusals:
        click.echo(clean(f"refused, {refusal.reason_code}: {refusal.reason}", 2000))
    if not table.row_count and not found.refusals:
        click.echo("nothing to store; the device counts as heard" if found.is_heard else "nothing to store")
    if not found.is_clean:
        raise SystemExit(1)


_NOTES = {"": "", "receipt": "by the time of receipt", "repeated": "is stored already",
          "contradiction": "refused: another value is stored for this time", "if_held": "if it held until then"}


@vendor.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def adopt(file: Path) -> None:
    """Take over the logins of a password file of Mosquitto, so that no device needs a new password."""
    lines = read_file(file, "the password file").decode("utf-8", "replace").splitlines()
    taken, left = [], []
    with _database() as db, db.connection() as connection:
        known = {one.vendor_code for one in vendors.listing(connection)}
        for line in lines:
            login, _, stored = line.strip().partition(":")
            if login in known and vendor_keys.adopt(connection, login, stored, actor=_actor(), now=_now()):
                taken.append(login)
            elif login:
                left.append(login)
    click.echo(f"taken over: {', '.join(taken) or 'none'}")
    if left:
        click.echo(f"left alone, since no registered vendor without a key has this name: {', '.join(left)}")


@vendor.command("broker-files")
@click.option("--directory", type=_FOLDER, required=True, help="Folder that Mosquitto reads.")
@click.option("--authority", type=_FOLDER, help="Folder that `huoyan certificates` has filled.")
@click.option("--pid-file", type=click.Path(path_type=Path, dir_okay=False),
              help="Mosquitto's pid_file: it is told to read the files again.")
def broker_files(directory: Path, authority: Path | None, pid_file: Path | None) -> None:
    """Write Mosquitto's password file and access list once; `huoyan broker-access` keeps them."""
    loaded = load_settings()
    with database(loaded, "vendor") as db:
        written = BrokerAccess(db, AccessOptions(directory, _service(loaded), authority, pid_file)).once(_now())
    click.echo(f"written: {', '.join(written)}" if written else "nothing has changed")


def _service(loaded: Settings) -> Service | None:
    if not loaded.mqtt_user:
        return None
    return Service(loaded.mqtt_user, loaded.mqtt_password)


@click.command("broker-access")
def broker_access() -> None:
    """Keep Mosquitto's password file, access list and revocation list as the database has them."""
    loaded = load_settings()
    if not loaded.broker_directory:
        raise click.UsageError("set HUOYAN_BROKER_DIRECTORY to the folder that Mosquitto reads")
    options = AccessOptions(
        Path(loaded.broker_directory), _service(loaded),
        Path(loaded.broker_authority) if loaded.broker_authority else None,
        Path(loaded.broker_pid_file) if loaded.broker_pid_file else None, loaded.broker_seconds)
    with database(loaded, "broker-access") as db:
        run_service("broker-access", BrokerAccess(db, options), loaded.metrics_host, loaded.broker_metrics_port)


@click.group("certificates")
def certificate_authority() -> None:
    """A private certificate authority for the broker, for a city that has none of its own."""


@certificate_authority.command("make")
@click.argument("folder", type=_FOLDER)
@click.option("--host", "hosts", multiple=True, help="Name or address under which devices reach the broker; may stand "
                                                     "several times.")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="rsa", show_default=True,
              help="rsa is what every device can do; ec (P-256) is lighter.")
@click.option("--renew", is_flag=True, help="A new certificate for the broker under the authority there is.")
def make_certificates(folder: Path, hosts: tuple[str, ...], algorithm: str, renew: bool) -> None:
    """Make an authority and the broker's certificate in FOLDER; what is there already stays."""
    written = certificates.make(folder, hosts, terms_of_policy(legal_day(_now()), algorithm), _now(), renew=renew)
    for name in written:
        click.echo(f"written: {folder / name}")
    if not written:
        click.echo("everything is there already")


@certificate_authority.command("show")
@click.argument("folder", type=_FOLDER)
def show_certificates(folder: Path) -> None:
    """List the certificates in FOLDER and when they end."""
    table = Table("file", "for", "ends", "serial number")
    for path in sorted(folder.glob("*.crt")):
        name, serial, ends = certificates.describe(read_file(path, "the certificate"))
        table.add_row(path.name, name, _time(ends), serial)
    _print(table if table.row_count else f"no certificates in {folder}")


def _print(what: Table | str) -> None:
    Console(markup=False, emoji=False, highlight=False).print(what)


def _time(moment: dt.datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


COMMANDS = (vendor, certificate_authority, broker_access)
