"""Run the SQL that lies beside a migration: the schema is read as SQL, not as Python."""

from pathlib import Path

from alembic import op


def run_beside(migration: str) -> None:
    """Run the ``.sql`` file of the same name as the migration, as one script.

    The driver's own connection is used because SQLAlchemy would take ``:`` and ``%`` in the script for parameters.
    """
    sql = Path(migration).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]
