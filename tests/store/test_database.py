from store import Database, capabilities


def test_a_fresh_database_knows_its_server(db: Database) -> None:
    with db.connection() as connection:
        assert int(capabilities(connection).postgresql.split(".")[0]) >= 15
