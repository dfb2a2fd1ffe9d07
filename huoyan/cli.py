"""The ``huoyan`` command. Each group of commands lives in ``huoyan/commands/`` beside its like."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

import click

from huoyan import __version__, commands
from store.errors import HuoyanError


class _Ordered(click.Group):
    """Lists commands in the order of use, not of the alphabet."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Ordered, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="huoyan")
def huoyan() -> None:
    """Huoyan (火眼): telemetry in, risk of each unit, and today's draw of inspections that anyone can check.

    Settings come from the environment (HUOYAN_...): `huoyan settings` lists them.
    """


def _load_commands() -> None:
    modules = [importlib.import_module(f"{commands.__name__}.{info.name}")
               for info in pkgutil.iter_modules(commands.__path__)]
    for module in sorted(modules, key=lambda module: module.ORDER):
        for command in module.COMMANDS:
            huoyan.add_command(command)


def main() -> None:
    """Run the command; a mistake of the user is one sentence on standard error and exit code 2."""
    _load_commands()
    try:
        status = huoyan(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"huoyan: {' '.join(error.format_message().split())}", err=True)
        sys.exit(2)
    except HuoyanError as error:
        click.echo(f"huoyan: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of the output went away (| head): nothing is wrong, but Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


if __name__ == "__main__":
    main()
