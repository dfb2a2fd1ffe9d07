"""What a passive Sparkplug B host remembers of its edge nodes."""

from store.migrations.sql_file import run_beside

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_beside(__file__)
