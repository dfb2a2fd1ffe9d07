"""Cases, measures and major hazards: what leads to a decision, step by step, with its evidence and its minutes."""

from store.migrations.sql_file import run_beside

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run_beside(__file__)
