"""The first schema."""

from store.migrations.sql_file import run_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_beside(__file__)
