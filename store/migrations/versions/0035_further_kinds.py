"""Whether a penalty is a further kind of a decision that is counted by its first."""

from store.migrations.sql_file import run_beside

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    run_beside(__file__)
