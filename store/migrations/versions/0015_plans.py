"""Plans of a year and a month with their versions, and the columns that a published item list has."""

from store.migrations.sql_file import run_beside

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run_beside(__file__)
