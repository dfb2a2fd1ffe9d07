"""Whose a frame is: by address in either byte order and either writing, by peer, by port; and how fast is too fast."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.gbt26875 import GbtPolicy
from ingest.links.identity import Directory, Known, Unknown, addresses_of, claim_of
from ingest.links.readdress import device_topic, origin
from ingest.links.throttle import Throttle

WIRE = bytes.fromhex("010203040506")


def directory(*settings: dict[str, Any], active: bool = True) -> Directory:
    """A directory of devices 1, 2, … with these settings."""
    claims = [claim_of(number, "acme", f"D{number}", active, {"gbt26875": own}, GbtPolicy())
              for number, own in enumerate(settings, 1)]
    return Directory([claim for claim in claims if claim is not None])


def found(claims: Directory, source: bytes = WIRE, host: str = "10.1.2.3", port: int = 26875) -> int | None:
    who = claims.find(source, host, port)
    return who.device_id if isinstance(who, Known) else None


@pytest.mark.parametrize("written", ["010203040506", "01 02 03 04 05 06", "01:02:03:04:05:06", "06-05-04-03-02-01",
                                     0x060504030201, str(0x060504030201), 0x010203040506])
def test_an_address_is_known_in_every_writing_and_order(written: str | int) -> None:
    assert found(directory({"address": written})) == 1


@pytest.mark.parametrize("written", ["", "000000000000", 0, "0", "01020304AB", "no address", True, 1 << 48, None, [],
                                     "01020304050607FF"])
def test_what_is_no_address_names_nobody(written: Any) -> None:
    assert addresses_of(written) is None
    assert found(directory({"address": written}), bytes(6)) is None


def test_twelve_digits_are_taken_as_hex_and_as_a_number() -> None:
    claims = directory({"address": "000000000100"})
    assert found(claims, bytes.fromhex("000000000100")) == found(claims, (100).to_bytes(6, "little")) == 1


def test_an_address_as_written_goes_before_the_other_order_of_another() -> None:
    claims = directory({"address": WIRE[::-1].hex()}, {"address": WIRE.hex()})
    assert (found(claims, WIRE), found(claims, WIRE[::-1])) == (2, 1)


def test_a_number_is_in_the_order_of_the_device() -> None:
    claims = directory({"address": 258, "source_order": "big"}, {"address": 258 << 32})
    assert found(claims, (258).to_bytes(6, "big")) == 1


def test_an_address_of_zeros_is_nobodys_even_if_a_device_claims_it() -> None:
    assert found(directory({"address": "000000000000"}, {"address": 1}), bytes(6)) is None


def test_two_devices_with_one_address_are_neither() -> None:
    who = directory({"address": WIRE.hex()}, {"address": WIRE.hex()}).find(WIRE, "10.1.2.3", 1)
    assert isinstance(who, Unknown)
    assert "2 devices go by the address 01 02 03 04 05 06" in who.reason


def test_one_address_at_two_peers_is_two_devices() -> None:
    claims = directory({"address": WIRE.hex(), "peer": "10.1.2.3"}, {"address": WIRE.hex(), "peer": "10.9.0.0/16"})
    assert (found(claims), found(claims, host="10.9.8.7"), found(claims, host="10.2.0.1")) == (1, 2, None)


def test_a_peer_of_its_own_speaks_for_itself_and_goes_before_any_address() -> None:
    claims = directory({"peer": "10.1.2.3"}, {"address": WIRE.hex()})
    assert (found(claims), found(claims, bytes(6)), found(claims, host="10.1.2.4")) == (1, 1, 2)


def test_a_peer_may_be_a_network_or_of_the_other_kind_of_ip() -> None:
    claims = directory({"peer": "10.1.0.0/16"}, {"peer": "2001:db8::1"})
    assert (found(claims), found(claims, host="2001:db8::1"), found(claims, host="10.2.0.1")) == (1, 2, None)


def test_a_port_is_the_last_resort_for_a_device_without_an_address() -> None:
    claims = directory({"listener": 9811}, {"address": WIRE.hex()})
    assert (found(claims, bytes(6), port=9811), found(claims, port=9811), found(claims, bytes(6), port=9812)) == (
        1, 2, None)


def test_all_that_is_named_must_fit() -> None:
    claims = directory({"address": WIRE.hex(), "peer": "10.1.2.3", "listener": 9811})
    assert (found(claims, port=9811), found(claims), found(claims, host="10.1.2.4", port=9811)) == (1, None, None)


@pytest.mark.parametrize("own", [{"address": WIRE.hex(), "peer": "no address"}, {"address": WIRE.hex(), "listener": 0},
                                 {"address": WIRE.hex(), "listener": "9811"}, {"peer": 5}, {}, {"deny": False}])
def test_a_claim_that_cannot_be_read_narrows_nothing_so_the_device_is_left_out(own: dict[str, Any]) -> None:
    assert found(directory(own)) is None


def test_an_active_device_goes_before_a_retired_one() -> None:
    retired = claim_of(1, "acme", "OLD", False, {"gbt26875": {"address": WIRE.hex()}}, GbtPolicy())
    active = claim_of(2, "acme", "NEW", True, {"gbt26875": {"address": WIRE.hex()}}, GbtPolicy())
    assert retired is not None
    assert active is not None
    assert found(Directory([retired, active])) == 2


def test_the_origin_of_a_frame_leads_back_to_its_device() -> None:
    raw = bytes(12) + WIRE + bytes(12)
    topic = origin("tcp", 26875, "10.1.2.3", raw)
    assert topic == "gbt26875/tcp/26875/10.1.2.3/010203040506"
    assert device_topic(topic, directory({"address": WIRE.hex()})) == "huoyan/v1/acme/D1/gbt26875"
    assert device_topic(topic, directory()) is None
    for odd in ("gbt26875/tcp/x/10.1.2.3/00", "gbt26875/tcp/1/10.1.2.3/zz", "gbt26875/tcp", "huoyan/v1/a/b/gbt26875"):
        assert device_topic(odd, directory({"address": WIRE.hex()})) is None


def test_a_throttle_lets_so_many_through_and_fills_again_with_time() -> None:
    throttle = Throttle(6, 100)
    assert [throttle.allow("a", 0.0) for _ in range(8)] == [True] * 6 + [False] * 2
    assert throttle.allow("b", 0.0)
    assert [throttle.allow("a", 20.0) for _ in range(3)] == [True, True, False]
    throttle.forget(1000.0)
    assert throttle._buckets == {}


def test_a_throttle_has_a_bound_for_all_and_for_its_memory() -> None:
    throttle = Throttle(5, 8)
    assert sum(throttle.allow(str(number), 0.0) for number in range(100)) == 8
    wide = Throttle(1, 10**9)
    for number in range(25_000):
        wide.allow(str(number), 0.0)
    assert len(wide._buckets) <= 10_000
