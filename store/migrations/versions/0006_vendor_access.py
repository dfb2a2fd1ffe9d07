"""Logins, keys and limits of vendors."""

from store.migrations.sql_file import run_beside

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_beside(__file__)
