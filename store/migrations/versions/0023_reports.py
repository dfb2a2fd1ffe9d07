"""What reports count and no table held yet: who made a visit, licences, education, courses, posts, reviews."""

from store.migrations.sql_file import run_beside

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    run_beside(__file__)
