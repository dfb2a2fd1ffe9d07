"""What the fast path of ingest keeps."""

from store.migrations.sql_file import run_beside

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_beside(__file__)
