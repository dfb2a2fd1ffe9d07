"""``huoyan verify``: the check of ``sampling/verify.py``, which needs nothing but the standard library."""

from __future__ import annotations

from pathlib import Path

import click

from sampling import verify

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("verify")
@click.argument("file", type=_FILE)
@click.option("--commitment", default=None, help="The commitment as it was published on the evening before.")
@click.option("--chain", "others", type=_FILE, multiple=True,
              help="A bundle before or after this one; may be repeated.")
def verify_bundle(file: Path, commitment: str | None, others: tuple[Path, ...]) -> int:
    """Check a draw bundle: exit 0 all agrees, 1 the first thing that does not is named, 2 not a bundle.

    The same check without this program: python sampling/verify.py FILE.
    """
    arguments = [str(file)]
    if commitment is not None:
        arguments.append(f"--commitment={commitment}")
    if others:
        arguments += ["--chain", *map(str, others)]
    return verify.main(arguments)


COMMANDS = (verify_bundle,)
