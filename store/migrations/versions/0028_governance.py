"""Areas of risk, control rooms, who is responsible where, interviews, checklists, the text of reports."""

from store.migrations.sql_file import run_beside

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    run_beside(__file__)
