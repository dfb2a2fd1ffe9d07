"""When a batch is due: by count, by bytes, by age, by quiet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.arrivals import Arrivals
from ingest.batcher import Batcher
from ingest.inbox import Inbox


def message(size: int = 10) -> Arrivals:
    return Arrivals([b"huoyan/v1/a/b/telemetry"], [b"x" * size], [0x32], [1], 0, size)


def test_an_empty_batch_is_never_due() -> None:
    assert Batcher(3, 1.0).due_in(100.0) is None


def test_a_full_batch_is_due_at_once() -> None:
    batch = Batcher(2, 10.0)
    batch.add(message(), 0.0)
    assert batch.due_in(0.0) != 0
    batch.add(message(), 0.0)
    assert batch.due_in(0.0) == 0
    assert len(batch.take()) == 2
    assert batch.due_in(0.0) is None


def test_a_heavy_batch_is_due_at_once() -> None:
    batch = Batcher(100, 10.0, most_bytes=50)
    batch.add(message(60), 0.0)
    assert batch.due_in(0.0) == 0


def test_a_batch_waits_no_longer_than_its_linger_while_messages_keep_coming() -> None:
    batch = Batcher(10_000, 1.0)
    for step in range(100):
        batch.add(message(), step * 0.01)
    assert batch.due_in(0.99) != 0
    assert batch.due_in(1.0) == 0


def test_a_batch_is_due_soon_after_the_last_of_a_burst() -> None:
    batch = Batcher(10_000, 1.0)
    batch.add(message(), 0.0)
    assert batch.due_in(0.11) == 0


@given(st.lists(st.floats(0, 0.5), max_size=40), st.integers(1, 10))
def test_batches_keep_every_message_in_order(gaps: list[float], most: int) -> None:
    batch, now, sent, taken = Batcher(most, 0.3), 0.0, [], []
    for gap in gaps:
        now += gap
        if batch.due_in(now) == 0:
            taken += batch.take()
        sent.append(message())
        batch.add(sent[-1], now)
        assert len(batch) <= most
        if batch.is_full:
            taken += batch.take()
    assert [id(one) for one in [*taken, *batch.take()]] == [id(one) for one in sent]


def test_the_inbox_takes_no_more_than_it_may_hold() -> None:
    inbox = Inbox(most_messages=2, most_bytes=1000)
    assert [inbox.put(message()) for _ in range(3)] == [True, True, False]
    assert inbox.get(0) is not None
    assert inbox.put(message())
    heavy = Inbox(most_messages=100, most_bytes=25)
    assert [heavy.put(message()) for _ in range(4)] == [True, True, True, False]
    assert [heavy.get(0) is not None for _ in range(4)] == [True, True, True, False]
    assert heavy.put(message())
