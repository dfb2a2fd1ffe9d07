"""Overrides: an officer moves a unit up or down, with a reason; what was moved stands with the score of the day."""

from store.migrations.sql_file import run_beside

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_beside(__file__)
