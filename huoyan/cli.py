"""The ``huoyan`` command. Each group of commands lives in ``huoyan/commands/`` beside its like."""

from __future__ import annotations

import importlib
import os
import sys

import click
import structlog

from huoyan import __version__
from huoyan.commands import ABOUT, PLACES
from store.errors import HuoyanError


class _Lazy(click.Group):
    """Knows every command by name, and imports the modules of one when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(PLACES)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(ABOUT.items()))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        for place in PLACES.get(name, ()):
            module = importlib.import_module(f"huoyan.commands.{place}")
            for command in module.COMMANDS:
                self.add_command(command)
        return self.commands.get(name)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="huoyan")
def huoyan() -> None:
    """Huoyan (火眼): telemetry in, risk of each unit, and today's draw of inspections that anyone can check.

    Settings come from the environment (HUOYAN_...): `huoyan settings` lists them.
    """


def main() -> None:
    """Run the command; a mistake of the user is one sentence on standard error and exit code 2."""
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
    except Exception as error:
        # A defect of ours: one sentence for the person, the trace only for whoever asks for it.
        structlog.get_logger("huoyan").debug("unexpected", exc_info=True)
        click.echo(f"huoyan: this should not happen, please report it ({type(error).__name__}: "
                   f"{' '.join(str(error).split())}); HUOYAN_LOG_LEVEL=debug shows where", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
