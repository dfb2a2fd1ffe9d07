"""List draws in the one chain of records: replacements, campaigns, joint draws; several links of entropy a day."""

from store.migrations.sql_file import run_beside

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_beside(__file__)
