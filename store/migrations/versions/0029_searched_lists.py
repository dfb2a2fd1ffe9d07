"""Units and parties are found by any part of their name through an index; lists of stations and leads read less."""

from store.migrations.sql_file import run_beside

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    run_beside(__file__)
