"""A fuzzer against the verifier: whatever is changed in a bundle is named, or the answer says what was not compared.

``HUOYAN_TEST_TAMPER=20`` makes twenty times as many changes.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
import os
import time
from dataclasses import replace
from typing import Any

import pytest

from policy import calendar
from sampling import verify
from sampling.bundle import outcome, seal
from sampling.entropy import link
from sampling.frame import Header, build
from sampling.parameters import Parameters
from sampling.tickets import canonical
from tests.sampling.city import LAST, brigade, city, rows_of, town, unit
from tests.sampling.tampering import Change, Tamperer, rehash

TIMES = int(os.environ.get("HUOYAN_TEST_TAMPER", "1"))
CHANGES = 100 * TIMES
SLOWEST = 5.0

# What one bundle can't show where its maker drew again from what was changed, and no published commitment is given:
# these are given to a draw and follow from nothing in it. All else in a frame is derived, or must agree with something.
GIVEN = (
    "frame.frozen_at", "frame.previous", "frame.sequence", "frame.policy", "frame.days", "frame.scores_as_of",
    "frame.entropy", "frame.officers", "frame.recusals", "frame.areas", "frame.units", "frame.tau.lift",
    "frame.desks.capacity", "frame.strata.steps.odds_low", "frame.strata.steps.odds_high",
)


def made(situation, sources: list[dict[str, Any]], values: list[str], *, sequence: int = 1,
         previous: str = "0" * 64, precision: float = 0.05) -> dict[str, Any]:
    header = Header(f"D{situation.day:%Y%m%d}", sequence, previous, "2026-12-29T10:00:00Z", "v", sources)
    rules = replace(Parameters.on(situation.day), precision=precision)
    frame = build(situation, rules, calendar(), header)
    entropy = [{**source, "value": value} for source, value in zip(sources, values, strict=True)]
    found: dict[str, Any] = json.loads(canonical(seal(canonical(frame), entropy)))
    return found


def chain_of(day: dt.date, word: bytes = b"a root") -> tuple[dict[str, Any], str]:
    root, index = hashlib.sha256(word).digest(), day.timetuple().tm_yday
    return ({"source": "chain", "year": day.year, "anchor": link(root, 0).hex(), "index": index},
            link(root, index).hex())


def _witnessed():
    return made(city(11, units=60, officers=8, day=LAST), [{"source": "witness"}], ["3 17 42"])


def _chained():
    source, value = chain_of(LAST)
    return made(city(5, units=40, officers=4, towns=3, town_officers=2, visited=0.5, day=LAST), [source], [value],
                sequence=7, previous="ab" * 32)


def _beacon():
    source, value = chain_of(dt.date(2026, 12, 21))
    return made(city(8, units=50, officers=6, day=dt.date(2026, 12, 21)),
                [{"source": "beacon", "network": "quicknet", "round": 4711}, source, {"source": "witness"}],
                ["cd" * 32, value, "八 8"])


def _odd():
    """Names beyond ASCII, units without scores, a drawn unit that its only officers are recused from."""
    units = [unit(n, unit_no=f"消é{n}", score=None, risk_class=None) for n in range(6)]
    units += [unit(n, unit_no=f"U{n}", is_key=True, is_crowded=True, area=town(1 + n % 2)) for n in range(5)]
    officers = [brigade(n, load=4) for n in range(3)]
    recusals = frozenset((f"O{n:03d}", name) for n in range(2) for name in ("U0", "U1", "U2", "U3", "U4"))
    held = replace(city(1, units=0, day=LAST), units=units, officers=officers, recusals=recusals)
    return made(held, [{"source": "witness"}], ["1"])


def _stretched():
    units = [unit(n, risk_class="AB"[n % 2], score=20.0 + n % 30, visits=n % 2,
                  last=dt.date(2026, 5, 4) if n % 2 else None) for n in range(60)]
    held = replace(city(1, units=0, day=dt.date(2026, 9, 2)), units=units, officers=[brigade(n) for n in range(4)],
                   scores_as_of=dt.date(2026, 9, 1))
    # A day of a third of a visit: the witnesses' numbers are such that there is one.
    return made(held, [{"source": "witness"}], ["11"], precision=0.02)


BUNDLES = {"witness": _witnessed, "chain": _chained, "beacon, chain and witness": _beacon, "odd": _odd,
           "stretched": _stretched}


@pytest.fixture(scope="module", params=BUNDLES)
def bundle(request):
    return BUNDLES[request.param]()


def judge(change: Change, published: str | None) -> tuple[int, str]:
    """What the verifier says, within bounds of time and form."""
    content = json.dumps(change.bundle).encode()
    start = time.monotonic()
    status, text = verify.check(content, published)
    assert time.monotonic() - start < SLOWEST, (change.path, change.what, change.again)
    assert status in (0, 1, 2)
    assert "\n" not in text
    assert len(text) < 1500
    return status, text


def named(change: Change, text: str) -> bool:
    """Whether the sentence names the field, or the row in which it stands."""
    words = [str(key) for key in change.path if not isinstance(key, int)]
    row: Any = change.bundle
    for key in change.path:
        row = row.get(key) if isinstance(row, dict) else row[key] if isinstance(row, list) and key < len(row) else None
        if key == "units" and isinstance(row, dict) and isinstance(change.path[-1], int):
            words += row["unit_no"][change.path[-1]: change.path[-1] + 1]
        if isinstance(row, dict):
            words += [str(row[name]) for name in ("unit_no", "officer_no", "desk", "stratum") if row.get(name)]
    return any(word in text for word in words)


def test_whatever_is_changed_in_a_bundle_is_refused_or_said_to_be_beyond_it(bundle):
    published, unnamed = bundle["commitment"], []
    assert verify.check(canonical(bundle), published)[0] == 0
    tamperer, counts = Tamperer(bundle, 1), {0: 0, 1: 0, 2: 0}
    for change in tamperer.changes(CHANGES):
        story = (change.path, change.what, change.again)
        status, text = judge(change, None)
        counts[status] += 1
        if status == 0:
            # Only who draws again can get here, and only with what is given to a draw; the answer says so.
            assert change.bundle["result"] == outcome(change.bundle["frame"], change.bundle["seed"]), (story, text)
            assert change.place.startswith((*GIVEN, "entropy")), (story, text)
            assert "commitment not compared with a published one" in text, story
            against, text = judge(change, published)
            if against == 0:
                assert change.place.startswith("entropy"), (story, text)
                assert "compare" in text.partition("not checked: ")[2]
        elif not named(change, text):
            unnamed.append((story, text))
    assert counts[1] > CHANGES / 4
    # A changed frame often shows first in a number that follows from the change.
    assert len(unnamed) < CHANGES / 3, unnamed[:5]


def test_whatever_is_changed_in_a_result_is_named_by_its_unit_officer_or_field(bundle):
    tamperer = Tamperer(bundle, 2)
    own = [place for place in tamperer.places if place.startswith("result.")]
    for n in range(CHANGES // 3):
        change = tamperer.change(tamperer.chance.choice(tamperer.by_place[own[n % len(own)]]))
        if change is None or change.again == "draw":
            continue
        status, text = judge(change, None)
        assert status in (1, 2), (change.path, change.what, change.again)
        assert named(change, text) or any(
            v["unit_no"] in text for v in (*bundle["result"]["visits"], *bundle["result"]["unassigned"])), (
            change.path, change.what, change.again, text)


def test_bytes_changed_at_random_are_refused_or_mean_the_same(bundle):
    content, tamperer = canonical(bundle), Tamperer(bundle, 3)
    for _ in range(CHANGES // 2):
        changed = bytearray(content)
        place = tamperer.chance.randrange(len(changed))
        if tamperer.chance.random() < 0.3:
            changed[place: place + tamperer.chance.randrange(1, 40)] = tamperer.chance.randbytes(
                tamperer.chance.randrange(0, 9))
        else:
            changed[place] = tamperer.chance.choice(b'0123456789eE.-+,:"{}[] ntf\\\x00\xff\xc3')
        status, text = verify.check(bytes(changed))
        if status == 0:
            assert verify.canonical(json.loads(changed)) == content, text
        else:
            assert "\n" not in text


# A number of the file, written in ways that are no number, another number, or the same one.
@pytest.mark.parametrize(("written", "status"), [
    ("NaN", 2), ("Infinity", 2), ("-Infinity", 2), ("1e999", 2), ("-1e999", 2), ("9" * 5000, 2), ("9" * 4000, 2),
    ("0x10", 2), ("1_0", 2), ("01", 2), (".5", 2), ('"0"', 2), ("true", 2), ("null", 2), ("[]", 2), ("{}", 2),
    ("-0.0", 0), ("0.0", 0), ("0e5", 0), ("-0", 0), ("5e-324", 1), ("1e-400", 0), ("1E+3", 1),
    ("[" * 100_000, 2), ("[" * 500 + "]" * 500, 2), ('{"a":' * 100_000, 2), ("１", 2),
])
def test_a_zero_probability_written_otherwise(written, status):
    bundle = _witnessed()
    content = canonical(bundle).decode()
    assert '"p_duty":0,' in content
    found, text = verify.check(content.replace('"p_duty":0,', f'"p_duty":{written},', 1).encode())
    assert found == status, text


@pytest.mark.parametrize(("change", "status"), [
    (lambda c: b"\xef\xbb\xbf" + c, 2), (lambda c: c + b"x", 2), (lambda c: c + b"{}", 2), (lambda c: c + b"\x00", 2),
    (lambda c: c[:-1], 2), (lambda c: c[: len(c) // 2], 2), (lambda c: c.decode().encode("utf-16"), 2),
    (lambda c: c.replace(b'"seed":', b'"seed":"' + b"0" * 64 + b'","seed":'), 2),
    (lambda c: c.replace(b'"unit_no":', b'"unit_no":["U00001"],"unit_no":', 1), 2),
    (lambda c: c.replace(b"U00007", b"U0000\xff", 1), 2), (lambda c: c.replace(b"U00007", b"U0000\\ud800", 1), 2),
    (lambda c: c.replace(b"U00007", b"U0000\xc0\xb7", 1), 2),
    (lambda c: b"[" + c + b"]", 2), (lambda c: c + b" \n\t", 0),
    (lambda c: json.dumps(json.loads(c), indent=1).encode(), 0),
    (lambda c: c.replace(b"U00007", b"\\u0055\\u00300007", 1), 0), (lambda c: b"", 2), (lambda c: b"\x1f\x8b" + c, 2),
])
def test_a_file_of_another_form(change, status):
    found, text = verify.check(change(canonical(_witnessed())))
    assert found == status, text
    assert "\n" not in text


def test_a_unit_whose_number_only_looks_the_same_is_another_unit():
    bundle = _odd()
    names = [name for name in bundle["frame"]["units"]["unit_no"] if "é" in name]
    assert names
    changed = copy.deepcopy(bundle)
    target = next(row for part in ("visits", "unassigned") for row in changed["result"][part])
    target["unit_no"] = names[0].replace("é", "e\u0301")
    rehash(changed, "result")
    status, text = verify.check(canonical(changed))
    assert (status, "not in the frame" in text) == (1, True)


def test_the_link_of_another_day_another_anchor_and_another_chain_of_records_are_named():
    first, second = dt.date(2026, 12, 21), dt.date(2026, 12, 22)

    def one(day, number, previous, word=b"a root"):
        source, value = chain_of(day, word)
        return made(city(number, units=30, day=day), [source], [value], sequence=number, previous=previous)

    a = one(first, 1, "0" * 64)
    b = one(second, 2, a["record_hash"])
    assert verify.check(canonical(b), b["commitment"], [canonical(a)])[0] == 0
    # The link of another day, with all digests made again and the draw repeated.
    other, value = chain_of(first)
    moved = copy.deepcopy(b)
    moved["frame"]["entropy"], moved["entropy"] = [other], [{**other, "value": value}]
    rehash(moved, "draw")
    status, text = verify.check(canonical(moved))
    assert (status, "day 355 of 2026" in text) == (1, True)
    # Another root under the same anchor.
    forged = copy.deepcopy(b)
    forged["entropy"][0]["value"] = "ab" * 32
    rehash(forged, "draw")
    assert verify.check(canonical(forged))[1].endswith("does not give the anchor of 2026")
    # Another anchor is another chain: alone it agrees, and the answer says what to compare; beside the day before not.
    strange = one(second, 2, a["record_hash"], b"another root")
    status, text = verify.check(canonical(strange))
    assert (status, "compare it with the one published for 2026" in text) == (0, True)
    status, text = verify.check(canonical(strange), None, [canonical(a)])
    assert (status, "different anchors" in text) == (1, True)
    # A gap, a record twice, and the record of another chain before it.
    c = one(dt.date(2026, 12, 23), 3, b["record_hash"])
    for others, word in (([a], "a record is missing"), ([a, b, b], "stands twice"),
                         ([a, one(second, 2, "cd" * 32)], "names")):
        status, text = verify.check(canonical(c), None, [canonical(held) for held in others])
        assert (status, word in text) == (1, True), text
    # A record before it that was changed and sealed again has another record hash.
    resealed = copy.deepcopy(a)
    resealed["result"]["visits"] = resealed["result"]["visits"][1:]
    rehash(resealed, "result")
    status, text = verify.check(canonical(b), None, [canonical(resealed)])
    assert (status, "one of the two was changed" in text) == (1, True)
    assert verify.check(canonical(one(second, 2, "0" * 64)))[0] == 1, "the second record names one before it"


def test_a_draw_made_again_without_one_unit_agrees_with_itself_and_the_answer_says_what_it_did_not_compare():
    bundle = _witnessed()
    gone = bundle["result"]["visits"][0]["unit_no"]
    held = city(11, units=60, officers=8, day=LAST)
    other = made(replace(held, units=[one for one in held.units if one.unit_no != gone],
                         recusals=frozenset(pair for pair in held.recusals if pair[1] != gone)),
                 [{"source": "witness"}], ["3 17 42"])
    status, text = verify.check(canonical(other))
    assert (status, "give --commitment" in text) == (0, True)
    status, text = verify.check(canonical(other), bundle["commitment"])
    assert (status, bundle["commitment"] in text) == (1, True)
    # By hand the gap shows, all digests made again or not.
    for again in ("nothing", "digests", "draw"):
        changed = copy.deepcopy(bundle)
        at = changed["frame"]["units"]["unit_no"].index(gone)
        for column in changed["frame"]["units"].values():
            del column[at]
        if again != "nothing":
            changed["frame"]["recusals"] = [pair for pair in changed["frame"]["recusals"] if pair[1] != gone]
            rehash(changed, again)
        assert verify.check(canonical(changed))[0] == 1


def test_an_excluded_unit_that_is_drawn_and_an_officer_exchanged_for_another_are_named():
    bundle = _chained()
    excluded = next(one["unit_no"] for one in rows_of(bundle["frame"]) if one["excluded"])
    changed = copy.deepcopy(bundle)
    changed["result"]["visits"][0]["unit_no"] = excluded
    rehash(changed, "result")
    status, text = verify.check(canonical(changed))
    assert (status, f"unit {excluded} was drawn, but was excluded" in text) == (1, True)
    freed = copy.deepcopy(bundle)
    columns = freed["frame"]["units"]
    columns["excluded"][columns["unit_no"].index(excluded)] = 0
    rehash(freed, "draw")
    status, text = verify.check(canonical(freed))
    assert (status, excluded in text) == (1, True)
    visit = bundle["result"]["visits"][0]
    for other in (one["officer_no"] for one in bundle["frame"]["officers"]):
        if other not in (visit["lead"], visit["second"]):
            changed = copy.deepcopy(bundle)
            changed["result"]["visits"][0]["second"] = other
            rehash(changed, "result")
            status, text = verify.check(canonical(changed))
            assert (status, other in text) == (1, True)


def test_a_file_that_is_too_large_or_has_no_end_is_refused_at_once(tmp_path, capsys):
    file = tmp_path / "large.json"
    with file.open("wb") as out:
        out.truncate(200_000_000)
    start = time.monotonic()
    assert verify.main([str(file)]) == 2
    assert verify.main(["/dev/zero"]) == 2
    assert verify.main([str(tmp_path)]) == 2
    assert verify.main(["\0"]) == 2
    assert time.monotonic() - start < SLOWEST
    told = capsys.readouterr().err
    assert told.count("\n") == 4
    assert "larger than the" in told


@pytest.mark.parametrize("unit_of_it", [b"[],", b"{},", b'{"a":[]},', b"1,", b'"a",', b"[", b" ", b"null,"])
def test_a_file_full_of_values_is_refused_in_seconds(unit_of_it):
    size = 180_000_000 if TIMES > 1 else 40_000_000
    content = b'{"protocol":"huoyan-draw/2","frame":[' + unit_of_it * (size // len(unit_of_it)) + b"0]}"
    start = time.monotonic()
    status, text = verify.check(content)
    assert status == 2, text
    assert time.monotonic() - start < SLOWEST


def test_the_answer_about_a_bundle_alone_says_what_it_can_not_show():
    bundle = _beacon()
    status, text = verify.check(canonical(bundle))
    said = text.partition("not checked: ")[2]
    assert status == 0
    for part in ("give --commitment", "compare it with the one published for 2026", "round 4711 of quicknet",
                 "the witnesses' numbers"):
        assert part in said
    assert "give --chain" in verify.check(canonical(_chained()))[1]
    with_it = verify.check(canonical(bundle), bundle["commitment"])[1]
    assert "give --commitment" not in with_it
    assert "the one published, " not in with_it.partition("not checked")[2]


def test_an_honest_draw_of_every_kind_has_visits_to_tamper_with():
    for make in BUNDLES.values():
        bundle = make()
        assert bundle["result"] == outcome(bundle["frame"], bundle["seed"])
    assert all(len(BUNDLES[name]()["result"]["visits"]) > 3 for name in ("witness", "chain"))
    assert _odd()["result"]["unassigned"]
    assert _stretched()["frame"]["precision"]["stretch"] > 1
    assert _stretched()["result"]["visits"]
