"""The page of all commands, written from their own help: ``python -m huoyan.reference > docs/commands.md``."""

from __future__ import annotations

from collections.abc import Iterator

import click

from huoyan.cli import huoyan

_WIDTH = 100


def page() -> str:
    """``docs/commands.md`` as it should be."""
    head = ("# Commands\n\nThe help of every command, as `huoyan COMMAND --help` prints it. A mistake is one sentence "
            "on standard error and exit code 2.\n")
    parts = [f"\n## huoyan {name}\n\n```\n{_help(command, name)}\n```\n" for name, command in _commands(huoyan, "")]
    return head + "".join(parts)


def _commands(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")


def _help(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=f"huoyan {name}", max_content_width=_WIDTH, terminal_width=_WIDTH)
    lines = command.get_help(context).splitlines()
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    print(page(), end="")
