"""The verifier: an honest bundle agrees, and whatever is changed in one is named."""

from __future__ import annotations

import copy
import datetime as dt
import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import verify
from sampling.bundle import commitment_of, outcome, record_hash
from sampling.frames import View
from sampling.tickets import canonical, digest, seed_of
from tests.sampling.city import LAST, bundle_of, bytes_of, city, odd_city, rows_of


@pytest.fixture(scope="module")
def bundle():
    held = city(11, units=150, officers=12, day=LAST)
    return json.loads(canonical(bundle_of(held)))


def _check(bundle, commitment=None):
    return verify.check(canonical(bundle), commitment)


def _rehashed(bundle):
    """What an attacker with this very program would do: all digests made again over the changed content."""
    made = copy.deepcopy(bundle)
    made["commitment"] = commitment_of(canonical(made["frame"]))
    made["seed"] = seed_of(made["commitment"], made["entropy"])
    made["result_digest"] = digest(made["result"])
    made["record_hash"] = record_hash(made["frame"], made["commitment"], made["entropy"], made["seed"],
                                      made["result_digest"])
    return made


def test_an_honest_bundle_agrees(bundle):
    status, text = _check(bundle)
    assert (status, text.split(":")[0]) == (0, "OK")
    assert len(bundle["result"]["visits"]) > 8
    assert _check(bundle, bundle["commitment"])[0] == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_every_bundle_that_the_program_makes_agrees(seed):
    status, text = verify.check(bytes_of(odd_city(seed)))
    assert status == 0, text


@pytest.mark.parametrize("field", ["p_duty", "p_random", "p_targeted", "p_total"])
@pytest.mark.parametrize("again", [False, True], ids=["by hand", "with all digests made again"])
def test_one_changed_probability_is_named(bundle, field, again):
    chance = random.Random(field)
    view = View(bundle["frame"])
    for n in chance.sample(range(len(bundle["frame"]["profiles"])), 5):
        changed = copy.deepcopy(bundle)
        row = changed["frame"]["profiles"][n]
        row[field] = row[field] * 0.999 + 1e-6
        status, text = _check(_rehashed(changed) if again else changed)
        assert status == 1
        assert any(view.unit_no[at] in text for at in range(len(view)) if view.place[at] == n)
        assert field in text


@pytest.mark.parametrize("again", [False, True], ids=["by hand", "with all digests made again"])
def test_one_changed_officer_is_named_even_where_the_other_would_be_as_legal(bundle, again):
    for role in ("lead", "second"):
        for n in range(len(bundle["result"]["visits"])):
            changed = copy.deepcopy(bundle)
            visit = changed["result"]["visits"][n]
            other = next(o["officer_no"] for o in changed["frame"]["officers"]
                         if o["officer_no"] not in (visit["lead"], visit["second"])
                         and (role == "second" or o["can_lead"]))
            visit[role] = other
            if again:
                changed["result_digest"] = digest(changed["result"])
                changed["record_hash"] = verify.record_hash(changed)
            status, text = _check(changed)
            assert status == 1
            assert other in text, text


@pytest.mark.parametrize("again", [False, True], ids=["by hand", "with all digests made again"])
def test_one_changed_unit_is_named(bundle, again):
    drawn = {visit["unit_no"] for visit in bundle["result"]["visits"]}
    for n in range(len(bundle["result"]["visits"])):
        changed = copy.deepcopy(bundle)
        visit = changed["result"]["visits"][n]
        group = next(u["stratum"] for u in rows_of(bundle["frame"]) if u["unit_no"] == visit["unit_no"])
        other = next(u["unit_no"] for u in rows_of(bundle["frame"])
                     if u["stratum"] == group and u["unit_no"] not in drawn and u["excluded"] is None)
        visit["unit_no"] = other
        if again:
            changed["result_digest"] = digest(changed["result"])
            changed["record_hash"] = verify.record_hash(changed)
        status, text = _check(changed)
        assert status == 1
        assert other in text, text


def test_a_visit_taken_out_or_put_twice_is_named(bundle):
    gone = copy.deepcopy(bundle)
    lost = gone["result"]["visits"].pop(2)
    assert lost["unit_no"] in _check(gone)[1]
    twice = copy.deepcopy(bundle)
    twice["result"]["visits"].append(twice["result"]["visits"][0])
    assert twice["result"]["visits"][0]["unit_no"] in _check(twice)[1]


def _set(frame, column, value):
    frame["units"][column][3] = value


@pytest.mark.parametrize(("change", "named"), [
    (lambda f: _set(f, "score", 99.0), "stratum"),
    (lambda f: _set(f, "score", 99.001), "U00003"),
    (lambda f: _set(f, "score", 101), "U00003"),
    (lambda f: _set(f, "excluded", 3), "U00003"),
    (lambda f: _set(f, "excluded", 6), "U00003"),
    (lambda f: _set(f, "area", 99), "U00003"),
    (lambda f: _set(f, "group", 3), "U00003"),
    (lambda f: _set(f, "class", 4), "U00003"),
    (lambda f: [column.pop(3) for column in f["units"].values()], "quota"),
    (lambda f: f["units"]["class"].pop(3), "values of class"),
    (lambda f: [column.insert(4, column[3]) for column in f["units"].values()], "U00003"),
    (lambda f: f["units"]["unit_no"].reverse(), "out of order"),
    (lambda f: f["profiles"].pop(), "profiles"),
    (lambda f: f["profiles"][1].update(units=1), "units"),
    (lambda f: f["profiles"].reverse(), "profile"),
    (lambda f: f["profiles"][0].update(p_total=1), "p_total"),
    (lambda f: f["officers"].append({**f["officers"][-1], "officer_no": "Z1"}), "desk"),
    (lambda f: f["officers"][0].update(load=9), "desk"),
    (lambda f: f["quotas"][8].update(ratio=0.9), "general units of class A"),
    (lambda f: f["desks"][0].update(capacity=3), "desk"),
    (lambda f: f["desks"][0].update(capacity=999), "999"),
    (lambda f: f["strata"][0].update(expected=0.5), "expected"),
    (lambda f: f["strata"][0]["steps"][0].update(odds_high=0.777), "odds_high"),
    (lambda f: f["tau"].update(value=0.5), "tau"),
    (lambda f: f["policy"]["parameters"]["ratio"]["key"].update(A=0.99), "falls from A to D"),
    (lambda f: f["policy"]["parameters"]["cap"].update(D=5, C=3), ""),
    (lambda f: f["policy"]["parameters"]["ratio"]["duty"].update(A=0.5), "every year"),
    (lambda f: f["policy"]["parameters"]["exclusion_days"].update(D=120), "exclusion_days"),
    (lambda f: f["precision"].update(stretch=2), "stretch"),
    (lambda f: f["precision"].update(needed=0), "needed"),
    (lambda f: f["desks"][0].update(note="away"), "note"),
    (lambda f: _set(f, "ago", 10), "U00003"),
    (lambda f: _set(f, "ago", 10**9), ""),
    (lambda f: _set(f, "visits", 1), "U00003"),
    (lambda f: f.update(draw_no="D1"), "draw_no"),
    (lambda f: f.update(frozen_at="yesterday"), "frozen_at"),
    (lambda f: f.update(scores_as_of=None), "scores_as_of"),
    (lambda f: f.update(previous="1" * 64), "previous"),
    (lambda f: f["days"].update(left=200, year=248), "days.left"),
    (lambda f: f["recusals"].append(f["recusals"][0]), "recusal"),
    (lambda f: f["recusals"].append(["Z", "Z"]), "recusal"),
    (lambda f: f["desks"][0]["covers"].reverse(), "area"),
    (lambda f: f["areas"][0].update(parent="1"), "area 990000"),
    (lambda f: f["days"].update(spread=10), "days.spread"),
    (lambda f: f.update(sequence=0), "sequence"),
])
def test_a_frame_that_contradicts_itself_is_named_with_all_digests_made_again(bundle, change, named):
    changed = copy.deepcopy(bundle)
    change(changed["frame"])
    status, text = _check(_rehashed(changed))
    assert status == 1
    assert named in text, text


def test_a_frame_made_again_from_scratch_fails_against_the_published_commitment(bundle):
    held = city(11, units=150, officers=12, day=LAST)
    other = json.loads(canonical(bundle_of(replace(held, recusals=frozenset([("O001", "U00001")])))))
    assert _check(other)[0] == 0, "by itself it agrees in everything"
    status, text = _check(other, bundle["commitment"])
    assert status == 1
    assert bundle["commitment"] in text


def test_another_entropy_than_the_frame_names_is_refused(bundle):
    for entropy in ([], [{"source": "witness"}], [{"source": "witness", "value": ""}],
                    [{"source": "beacon", "value": "0" * 64}],
                    [*bundle["entropy"], {"source": "witness", "value": "2"}]):
        changed = copy.deepcopy(bundle)
        changed["entropy"] = entropy
        changed["seed"] = seed_of(changed["commitment"], entropy)
        changed["result"] = outcome(changed["frame"], changed["seed"])
        assert _check(_rehashed(changed))[0] == 1


def test_a_seed_that_is_not_made_of_commitment_and_entropy_is_named(bundle):
    changed = copy.deepcopy(bundle)
    changed["seed"] = "0" * 64
    changed["result"] = outcome(changed["frame"], changed["seed"])
    changed["result_digest"] = digest(changed["result"])
    changed["record_hash"] = verify.record_hash(changed)
    assert "seed" in _check(changed)[1]


def test_the_chain_of_records_holds_and_a_changed_link_is_named(tmp_path):
    held, files, previous = [], [], "0" * 64
    for number, day in enumerate((dt.date(2026, 3, 2), dt.date(2026, 3, 3), dt.date(2026, 3, 4)), 1):
        made = bundle_of(city(number, units=40, day=day), previous=previous, sequence=number)
        previous = made["record_hash"]
        held.append(canonical(made))
    assert verify.check(held[2], None, held[:2])[0] == 0
    status, text = verify.check(held[2], None, held[:1])
    assert (status, "missing" in text) == (1, True)
    other = canonical(bundle_of(city(77, units=40, day=dt.date(2026, 3, 3)), sequence=2))
    status, text = verify.check(held[2], None, [held[0], other])
    assert status == 1
    assert "D20260303" in text
    for number, content in enumerate(held):
        path = tmp_path / f"{number}.json"
        path.write_bytes(content)
        files.append(str(path))
    assert verify.main([files[2], "--chain", *files[:2]]) == 0


HOSTILE = [
    b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"protocol": "huoyan-draw/2"}', b'{"a": 1, "a": 2}',
    b'{"protocol": "huoyan-draw/2", "x": NaN}', b'{"protocol": "huoyan-draw/2", "x": ' + b"9" * 6000 + b"}",
    b'{"protocol": "huoyan-draw/3"}', b'"\\ud800"', b"PK\x03\x04 not json",
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_bundle_is_one_sentence_and_exit_code_two(content, tmp_path, capsys):
    status, text = verify.check(content)
    assert status == 2
    assert "\n" not in text
    assert "Traceback" not in text
    path = tmp_path / "bundle.json"
    path.write_bytes(content)
    assert verify.main([str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def _paths(value, path=()):
    if isinstance(value, dict):
        for key in value:
            yield from _paths(value[key], (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value[:3]):
            yield from _paths(item, (*path, n))
    yield path


def test_no_value_of_another_kind_anywhere_brings_a_traceback(bundle):
    chance = random.Random(1)
    paths = [path for path in _paths(bundle) if path]
    assert len(paths) > 300
    for path in chance.sample(paths, 220):
        changed = copy.deepcopy(bundle)
        here = changed
        for key in path[:-1]:
            here = here[key]
        here[path[-1]] = chance.choice([None, "", "x", -1, 0, 1e300, 10**15, [], {}, True, [1], "\ud800", "9999-99-99"])
        status, text = verify.check(json.dumps(changed).encode())
        same = status == 0 and verify.canonical(changed) == verify.canonical(bundle)
        assert status in (1, 2) or same, (path, text)
        assert "\n" not in text


def test_the_file_runs_by_itself_on_the_standard_library_alone(bundle, tmp_path):
    script = tmp_path / "verify.py"
    script.write_bytes(Path(verify.__file__).read_bytes())
    (tmp_path / "bundle.json").write_bytes(canonical(bundle))
    run = subprocess.run([sys.executable, "-I", "-S", str(script), str(tmp_path / "bundle.json"), "--commitment",
                          bundle["commitment"]], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("OK: D20261230")
    missing = subprocess.run([sys.executable, "-I", "-S", str(script), str(tmp_path / "none.json")],
                             capture_output=True, text=True, timeout=60, check=False)
    assert missing.returncode == 2
    assert "can't be read" in missing.stderr


def _check_rules(frame, visit):
    verify._check_rules(frame, visit, {officer["officer_no"]: officer for officer in frame.officers},
                        {tuple(pair) for pair in frame.held["recusals"]})


def test_recused_uncertified_and_overloaded_officers_are_named_by_rule(bundle):
    visit = bundle["result"]["visits"][0]
    recused = copy.deepcopy(bundle)
    recused["frame"]["recusals"] = sorted([*recused["frame"]["recusals"], [visit["second"], visit["unit_no"]]])
    made = _rehashed(recused)
    frame = verify.Frame(made["frame"])
    frame.check()
    with pytest.raises(verify.Mismatch, match=f"{visit['second']} of the visit of unit {visit['unit_no']} is recused"):
        _check_rules(frame, visit)
    frame = verify.Frame(bundle["frame"])
    frame.check()
    with pytest.raises(verify.Mismatch, match="not in the frame"):
        _check_rules(frame, {**visit, "second": "X9"})
    with pytest.raises(verify.Mismatch, match="goes alone"):
        _check_rules(frame, {**visit, "second": visit["lead"]})
    with pytest.raises(verify.Mismatch, match="may not lead"):
        _check_rules(frame, {**visit, "lead": "O001", "second": "O000"})
    with pytest.raises(verify.Mismatch, match="leaves room"):
        verify._check_loads(frame, [visit, visit, visit])


def test_eight_thousand_units_are_checked_in_seconds():
    held = city(2, units=8000, officers=30)
    content = bytes_of(held)
    start = time.monotonic()
    assert verify.check(content)[0] == 0
    assert time.monotonic() - start < 20
