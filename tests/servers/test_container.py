"""What can be said of the container without an engine: it is the production's image."""

from tests.servers import container


def test_the_container_is_the_database_of_production() -> None:
    assert container.image().startswith("timescale/timescaledb:")
    assert container.image().endswith("-pg17")
