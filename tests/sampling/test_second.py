"""Two verifiers, in Python and in JavaScript: the same numbers to the last bit, the same answer about any file."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
import random
import subprocess

import pytest

from sampling import verify
from sampling.lists.outcome import outcome
from sampling.tickets import canonical
from tests.sampling import tampering
from tests.sampling.city import bundle_of, city, odd_city
from tests.sampling.lists.test_protocol import MADE, chained
from tests.sampling.lists.test_protocol import bundle as list_bundle
from tests.sampling.second import NODE, PROGRAM, plain, second
from tests.sampling.tampering import Tamperer, rehash
from tests.sampling.test_tampering import BUNDLES

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node here: the verifier in JavaScript can't be run")


@pytest.fixture(scope="module")
def other():
    with second() as running:
        yield running


@pytest.fixture(scope="module")
def bundles():
    return {name: make() for name, make in BUNDLES.items()}


def _both(other, data, commitment=None, chain=None):
    """The one answer of both."""
    mine, theirs = verify.check(data, commitment, chain), other.check(data, commitment, chain)
    assert (theirs[0], plain(theirs[1])) == (mine[0], plain(mine[1])), data[:200]
    return mine


def test_a_program_in_another_language_agrees_bit_for_bit_on_more_than_a_hundred_frames(other):
    situations = [odd_city(seed) for seed in range(140)]
    situations += [city(seed, units=150, officers=12, town_officers=seed % 3, day=dt.date(2026, 12, 28))
                   for seed in range(8)]
    visits = stretched = 0
    for n, situation in enumerate(situations):
        tune = n % 8 == 0
        bundle = bundle_of(situation, str(n), tune=tune)
        frame, result, theirs = bundle["frame"], bundle["result"], other.derive(canonical(bundle))
        _agree_on_frame(frame, theirs["derived"])
        assert (theirs["commitment"], theirs["seed"]) == (bundle["commitment"], bundle["seed"])
        assert theirs["sizes"] == [row["size"] for row in result["sizes"]]
        pairs = dict(zip((row["unit_no"] for row in theirs["drawn"]), theirs["pairs"], strict=True))
        assert [{**row, "lead": pairs[row["unit_no"]][0], "second": pairs[row["unit_no"]][1]}
                for row in theirs["drawn"] if pairs[row["unit_no"]]] == [
            {key: held for key, held in row.items() if key != "position"} for row in result["visits"]]
        assert [row for row in theirs["drawn"] if not pairs[row["unit_no"]]] == [
            {key: held for key, held in row.items() if key != "reason"} for row in result["unassigned"]]
        if tune:
            assert other.check(canonical(bundle), bundle["commitment"])[0] == 0
        visits += len(result["visits"])
        stretched += frame["precision"]["stretch"] > 1
    assert visits > 150
    assert stretched > 10


def _agree_on_frame(frame, derived):
    """Every number of the frame that follows from its units, officers, rules and capacities, to the last bit."""
    assert derived["quotas"] == frame["quotas"]
    assert derived["precision"] == frame["precision"]
    assert derived["tau"] == frame["tau"]["value"]
    assert derived["wanted"] == [desk["wanted"] for desk in frame["desks"]]
    kept = ("weight", "units", "low", "high", "p")
    assert derived["strata"] == [{**held, "steps": [{name: step[name] for name in kept} for step in held["steps"]]}
                                 for held in frame["strata"]]
    assert derived["profiles"] == frame["profiles"]


@pytest.mark.parametrize("name", BUNDLES)
def test_both_say_the_same_of_a_changed_bundle(other, bundles, name):
    bundle, found = bundles[name], {0: 0, 1: 0, 2: 0}
    assert _both(other, canonical(bundle), bundle["commitment"])[0] == 0
    for n, change in enumerate(Tamperer(bundle, 21).changes(40)):
        published = bundle["commitment"] if n % 3 == 0 else None
        found[_both(other, json.dumps(change.bundle).encode(), published)[0]] += 1
    assert found[1] > 10
    assert found[2] > 5


@pytest.mark.parametrize("kind", MADE)
def test_both_say_the_same_of_a_list_draw(other, monkeypatch, kind):
    monkeypatch.setattr(tampering, "outcome", outcome)
    made, found = list_bundle(MADE[kind](3)), {0: 0, 1: 0, 2: 0}
    assert _both(other, canonical(made), made["commitment"])[0] == 0
    for change in Tamperer(made, 5).changes(15):
        found[_both(other, json.dumps(change.bundle).encode())[0]] += 1
    assert found[1] > 2


def test_both_say_the_same_of_changed_bytes(other, bundles):
    content, chance = canonical(bundles["odd"]), random.Random(4)
    for _ in range(60):
        changed, place = bytearray(content), chance.randrange(len(content))
        if chance.random() < 0.3:
            changed[place: place + chance.randrange(1, 40)] = chance.randbytes(chance.randrange(9))
        else:
            changed[place] = chance.choice(b'0123456789eE.-+,:"{}[] ntf\\\x00\xff\xc3')
        _both(other, bytes(changed))


# What JSON.parse of a browser would let pass, or read as something else.
@pytest.mark.parametrize(("written", "status"), [
    ("0.0", (0, 2)), ("-0", (0, 0)), ("0e5", (0, 2)), ("1e-400", (0, 2)), ("1.0", (1, 2)), ("01", (2, 2)),
    ("0.", (2, 2)), ("NaN", (2, 2)), ("1e999", (2, 2)), ("9007199254740993", (2, 2)), ("9" * 4301, (2, 2)),
    ("[" * 5000, (2, 2)), ('0,"also":[]', (2, 2)), ("'0'", (2, 2)), ('"\\ud800"', (2, 2)), ('"\\x"', (2, 2)),
    ('"\\u12"', (2, 2)), ("", (2, 2)),
])
def test_both_say_the_same_of_a_number_written_otherwise(other, bundles, written, status):
    content = canonical(bundles["odd"]).decode()
    for field, expected in zip(("p_duty", "eligible"), status, strict=True):
        assert f'"{field}":0,' in content
        data = content.replace(f'"{field}":0,', f'"{field}":{written},', 1).encode()
        if len(written) == 4301:
            assert (verify.check(data)[0], other.check(data)[0]) == (expected, expected)
        else:
            assert _both(other, data)[0] == expected


def test_a_whole_number_beyond_doubles_is_compared_exactly(other, bundles):
    changed = copy.deepcopy(bundles["chain"])
    desk = changed["frame"]["desks"][0]
    for made in (2**53 + 1, 10**30, 10**308 * 9):
        desk["wanted"] = made
        _both(other, json.dumps(changed).encode())
    for step in (one for row in changed["frame"]["strata"] for one in row["steps"] if 0 < one["high"] < 1):
        step["odds_high"] = 2**53 + 1
    desk["wanted"] = bundles["chain"]["frame"]["desks"][0]["wanted"]
    assert _both(other, json.dumps(changed).encode())[0] == 1


@pytest.mark.parametrize("change", [
    lambda c: b"\xef\xbb\xbf" + c, lambda c: c + b"{}", lambda c: c[:-1], lambda c: c.decode().encode("utf-16"),
    lambda c: b"",
    lambda c: c.replace(b'"seed":', b'"seed":"' + b"0" * 64 + b'","seed":'), lambda c: b"[" + c + b"]",
    lambda c: c.replace(b"U00007", b"U0000\xff", 1), lambda c: c.replace(b"U00007", b"U0000\\ud800", 1),
    lambda c: c.replace(b'{"commitment"', b'{"__proto__":{},"commitment"', 1),
    lambda c: c.replace(b'{"commitment"', b'{"toString":{},"commitment"', 1),
    lambda c: c.replace(b'"seed"', b'"__proto__"'),
    lambda c: c.replace(b"draw/2", b"draw/1"), lambda c: b'"huoyan-draw/2"', lambda c: b'{"protocol":"toString"}',
    lambda c: json.dumps(json.loads(c), indent=1).encode(), lambda c: c.replace(b"U00007", b"\\u0055\\u00300007", 1),
    lambda c: c.replace(b'"sequence":1', b'"sequence":1.0'),
    lambda c: c.replace(b'"load":2', b'"load":9007199254740992'),
])
def test_both_say_the_same_of_a_file_of_another_form(other, bundles, change):
    _both(other, change(canonical(bundles["witness"])))


def test_both_follow_the_chain_and_find_where_it_was_broken(other):
    first = bundle_of(city(1, units=30, day=dt.date(2026, 12, 21)))
    second_one = bundle_of(city(2, units=30, day=dt.date(2026, 12, 22)), previous=first["record_hash"], sequence=2)
    before, after = canonical(first), canonical(second_one)
    assert _both(other, after, second_one["commitment"], [before])[0] == 0
    assert _both(other, after)[0] == 0
    assert _both(other, after, "no digits", [before])[0] == 2
    assert _both(other, after, "ab" * 32, [before])[0] == 1
    assert _both(other, after, None, [before, before])[0] == 1
    assert _both(other, after, None, [before, b"{}"])[0] == 2
    changed = copy.deepcopy(first)
    changed["entropy"][0]["value"] = "another"
    rehash(changed, "digests")
    assert _both(other, after, None, [canonical(changed)])[0] == 1
    # A list stands in the same chain of records; another draw of the same day, or the same once more, does not.
    listed = canonical(list_bundle(MADE["campaign"](3), sequence=3))
    assert _both(other, listed, None, [after])[0] == 1
    again = bundle_of(city(2, units=30, day=dt.date(2026, 12, 22)), previous=second_one["record_hash"], sequence=3)
    assert _both(other, canonical(again), None, [after])[0] == 1
    for made, joint, status in chained():
        assert _both(other, made, None, [joint])[0] == status


@pytest.mark.parametrize(("index", "per_day", "status"), [
    (355 * 16, 16, 0), (355 * 16 + 1, 16, 1), (355, 1, 0), (355, None, 2), (355, 0, 1), (355 * 101, 101, 1),
    (356 * 16, 16, 1), (355 * 16, 16.0, 2), (355, "1", 2),
])
def test_both_open_the_same_links_of_a_chain_with_several_a_day(other, index, per_day, status):
    value = hashed = b"r" * 32
    for _ in range(index):
        hashed = hashlib.sha256(hashed).digest()
    made = bundle_of(city(1, units=12, day=dt.date(2026, 12, 21)))
    source = {"source": "chain", "year": 2026, "anchor": hashed.hex(), "index": index, "per_day": per_day}
    made["frame"]["entropy"], made["entropy"] = [source], [{**source, "value": value.hex()}]
    rehash(made, "draw")
    assert _both(other, json.dumps(made).encode())[0] == status


def test_digests_are_those_of_sha_256(other):
    for length in (*range(0, 200, 7), 55, 56, 63, 64, 65, 119, 120, 5000):
        data = random.Random(length).randbytes(length)
        assert other.sha256(data) == hashlib.sha256(data).hexdigest()


def test_the_command_ends_as_the_other_does(bundles, tmp_path):
    file, wrong = tmp_path / "bundle.json", tmp_path / "wrong.json"
    file.write_bytes(canonical(bundles["witness"]))
    wrong.write_bytes(canonical({**bundles["witness"], "seed": "ab" * 32}))

    def run(*words):
        done = subprocess.run([str(NODE), str(PROGRAM), *map(str, words)], capture_output=True, text=True, timeout=60,
                              check=False)
        return done.returncode, done.stdout + done.stderr

    assert run(file) == (0, verify.check(file.read_bytes())[1] + "\n")
    assert run(file, "--commitment", bundles["witness"]["commitment"])[0] == 0
    assert run(file, "--chain", file, file)[0] == 1
    assert run(wrong) == (1, verify.check(wrong.read_bytes())[1] + "\n")
    assert run(PROGRAM)[0] == 2
    assert run(tmp_path)[0] == run(tmp_path / "none")[0] == run("/dev/zero")[0] == 2
    assert run()[0] == run(file, "--other")[0] == 2
