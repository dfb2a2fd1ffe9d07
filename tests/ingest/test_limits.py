"""How much of a vendor's telemetry is taken in at once. No clock: the moments are numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.limits import RateLimiter
from registry.vendor_limits import VendorLimits

TEN = VendorLimits(10, 20, 1000, 5000)


def taken(limiter: RateLimiter, times: list[float], *, size: int = 1, limits: VendorLimits = TEN,
          vendor: str = "acme") -> int:
    return sum(limiter.admit(vendor, size, limits, now) is None for now in times)


def test_a_burst_goes_through_and_then_the_rate() -> None:
    limiter = RateLimiter()
    assert taken(limiter, [0.0] * 50) == 20
    assert taken(limiter, [1.0] * 50) == 10
    assert taken(limiter, [1.05] * 50) == 0
    assert taken(limiter, [1000.0] * 50) == 20


def test_bytes_are_counted_beside_messages() -> None:
    limiter = RateLimiter()
    assert taken(limiter, [0.0] * 20, size=1000) == 5
    assert "bytes a second" in str(limiter.admit("acme", 1000, TEN, 0.0))
    assert limiter.admit("acme", 0, TEN, 0.0) is None


def test_the_reason_names_the_vendor_the_rate_and_what_to_do() -> None:
    limiter = RateLimiter()
    taken(limiter, [0.0] * 20)
    assert limiter.admit("acme", 1, TEN, 0.0) == (
        "acme sends more than 10 messages a second and has used up its burst of 20: slow down, or ask the operator for "
        "a higher limit")


def test_one_vendor_does_not_use_up_another_s() -> None:
    limiter = RateLimiter()
    taken(limiter, [0.0] * 100)
    assert taken(limiter, [0.0] * 100, vendor="other") == 20


def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    limiter = RateLimiter()
    assert limiter.admit_all("acme", 15, 100, TEN, 0.0)
    assert not limiter.admit_all("acme", 6, 100, TEN, 0.0)
    assert limiter.admit_all("acme", 5, 100, TEN, 0.0)
    assert not limiter.admit_all("acme", 1, 0, TEN, 0.0)


def test_a_message_larger_than_the_burst_takes_a_full_bucket() -> None:
    limiter = RateLimiter()
    assert limiter.admit("acme", 50_000, TEN, 0.0) is None
    assert limiter.admit("acme", 50_000, TEN, 4.9) is not None
    assert limiter.admit("acme", 50_000, TEN, 5.1) is None


def test_what_the_broker_kept_while_we_were_away_is_not_held_against_the_vendor() -> None:
    limiter = RateLimiter()
    assert taken(limiter, [0.0] * 30) == 20
    # Nothing was read for ten minutes: the vendor kept to its rate, and all of it comes now.
    limiter.credit(600, 600.0)
    assert taken(limiter, [601.0] * 10_000) == 6000 + 20
    # A vendor that this process has not met yet gets the same: it starts after an outage.
    assert taken(limiter, [601.0] * 10_000, vendor="other") == 6000 + 20


def test_that_credit_is_given_once_and_runs_out() -> None:
    limiter = RateLimiter()
    limiter.credit(600, 0.0)
    assert taken(limiter, [1.0] * 100) == 100
    assert taken(limiter, [3600.0 + 1] * 10_000) == 20
    limiter.credit(0, 4000.0)
    limiter.credit(-5, 4000.0)
    assert taken(limiter, [4100.0] * 10_000) == 20


def test_a_clock_that_runs_backwards_gives_nothing() -> None:
    limiter = RateLimiter()
    assert taken(limiter, [100.0] * 30) == 20
    assert taken(limiter, [50.0] * 30) == 0
    assert taken(limiter, [100.0] * 30) == 0


def test_a_changed_limit_holds_at_once() -> None:
    limiter = RateLimiter()
    taken(limiter, [0.0] * 30)
    assert taken(limiter, [1.0] * 300, limits=VendorLimits(200, 400, 1000, 5000)) == 200


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3000)), max_size=200))
def test_over_any_time_no_more_passes_than_burst_and_rate_allow(steps: list[tuple[float, int]]) -> None:
    limiter, now, messages, size = RateLimiter(), 0.0, 0, 0
    for pause, length in steps:
        now += pause
        if limiter.admit("acme", length, TEN, now) is None:
            messages, size = messages + 1, size + length
    assert messages <= TEN.message_burst + now * TEN.messages_per_second + 1e-6
    assert size <= TEN.byte_burst + now * TEN.bytes_per_second + 1e-6
