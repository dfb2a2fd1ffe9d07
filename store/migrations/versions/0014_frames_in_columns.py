"""Frames of a million units: what each unit was drawn with stands in the frame, the tables keep sums and visits."""

from store.migrations.sql_file import run_beside

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_beside(__file__)
