"""The whole record of a visit, requests for checks, complainants and rewards, and the queue of results to publish."""

from store.migrations.sql_file import run_beside

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    run_beside(__file__)
