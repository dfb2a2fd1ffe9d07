"""Three scores beside the one they make up, and the probability that the learned model tells."""

from store.migrations.sql_file import run_beside

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_beside(__file__)
