"""The judge of the soak finds what it must find: each kind of loss and doubling, planted one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.soak.compare import Deaths, Findings, Stored, compare
from tests.soak.ledger import Ledger
from tests.soak.traffic import BLOCK, REASONS, WINDOW, Kind, Traffic

TRAFFIC = Traffic(seed=5, start_ms=1_700_000_000_000)
NUMBERS = range(WINDOW)


def first(kind: Kind, after: int = 0) -> int:
    return next(number for number in range(after, after + BLOCK) if TRAFFIC.kind(number) is kind)


def ledger(**lines: str) -> Ledger:
    """Every message sent once and acknowledged a second later; ``mN`` replaces the lines of message N."""
    text = []
    for number in NUMBERS:
        own = lines.get(f"m{number}", f"s {number} 1000\na {number} 2000 0\n")
        text += own.splitlines(keepends=True)
    return Ledger.read(text)


def stored() -> Stored:
    """What the tables hold when all is well."""
    readings, events, alarms, quarantine = [], [], [], []
    for number in NUMBERS:
        device, ts, kind = TRAFFIC.device(number), TRAFFIC.ts(number), TRAFFIC.kind(number)
        match kind:
            case Kind.READING:
                readings += [(device, metric, ts, float(value)) for metric, value in TRAFFIC.values(number).items()]
            case Kind.TIMELESS:
                readings.append((device, "event_count", 1_800_000_000_000 + number, float(number)))
            case Kind.GATEWAY:
                readings += [(one, "event_count", ts, float(number)) for one in TRAFFIC.gateway_devices(number)]
            case Kind.ALARM:
                events.append((*TRAFFIC.event(number), True))
                alarms.append((*TRAFFIC.event(number), ts, TRAFFIC.restored_at(number)))
            case Kind.TIMELESS_ALARM:
                events.append((*TRAFFIC.event(number), True))
                alarms.append((*TRAFFIC.event(number), 1_800_000_000_000, None))
            case Kind.RESTORE:
                events.append((*TRAFFIC.event(TRAFFIC.partner(number)), False))
            case _ if kind in REASONS:
                quarantine.append((TRAFFIC.message(number)[1] or b"", REASONS[kind]))
    return Stored(readings, events, alarms, quarantine)


def judged(book: Ledger | None = None, deaths: Deaths | None = None, **changed: object) -> Findings:
    return compare(TRAFFIC, book or ledger(), replace(stored(), **changed), deaths or Deaths())


def counts(found: Findings) -> tuple[int, int, int, int]:
    return found.lost, found.in_window, found.doubled, found.wrong


def test_what_is_complete_is_clean() -> None:
    found = judged()
    assert found.is_clean, found.first
    assert (found.published, found.acknowledged) == (WINDOW, WINDOW)
    assert found.quarantined == 2 * len(REASONS)


@pytest.mark.parametrize("table", ["readings", "events", "alarms", "quarantine"])
def test_every_row_that_is_missing_is_missed(table: str) -> None:
    rows = list(getattr(stored(), table))
    for place in range(len(rows)):
        found = judged(**{table: rows[:place] + rows[place + 1:]})
        assert found.lost >= 1, rows[place]
        assert found.first[0].startswith("lost: message")


@pytest.mark.parametrize("table", ["readings", "events", "alarms", "quarantine"])
def test_every_row_that_is_there_twice_is_found(table: str) -> None:
    rows = list(getattr(stored(), table))
    for row in rows:
        found = judged(**{table: [*rows, row]})
        assert counts(found)[:2] == (0, 0)
        assert found.doubled >= 1, row


def test_what_nobody_sent_is_found() -> None:
    good = stored()
    reading, alarm = first(Kind.READING), first(Kind.ALARM)
    for table, row in (("readings", ("D1", "event_count", 5, -3.0)), ("readings", ("D1", "event_count", 5, 9e8)),
                       ("readings", (TRAFFIC.device(reading), "battery", TRAFFIC.ts(reading), 555.0)),
                       ("events", ("fire_alarm", "3F", True)), ("alarms", ("fault", "p", 1, None)),
                       ("quarantine", (b"whatever", "json")),
                       ("quarantine", (TRAFFIC.message(first(Kind.BAD_JSON))[1], "contradiction"))):
        assert judged(**{table: [*getattr(good, table), row]}).wrong == 1, row
    moved = [(kind, point, opened + (point == f"p{alarm}"), restored) for kind, point, opened, restored in good.alarms]
    assert judged(alarms=moved).wrong == 1


def test_what_was_never_acknowledged_may_be_there_or_not() -> None:
    reading = first(Kind.READING)
    # Its repetition, if any, says the same thing: that must not be acknowledged either.
    silent = {f"m{number}": f"s {number} 1000\n" for number in NUMBERS
              if number == reading or (TRAFFIC.kind(number) is Kind.REPEAT and TRAFFIC.partner(number) == reading)}
    book = ledger(**silent)
    without = [row for row in stored().readings if row[2] != TRAFFIC.ts(reading)]
    assert judged(book).is_clean
    assert judged(book, readings=without).is_clean
    assert judged(readings=without).lost == 1


def test_a_repetition_answers_for_its_original() -> None:
    repetition = first(Kind.REPEAT)
    original = TRAFFIC.partner(repetition)
    book = ledger(**{f"m{original}": f"s {original} 1000\n"})
    without = [row for row in stored().readings if row[2] != TRAFFIC.ts(original)]
    assert judged(book, readings=without).lost == 1


def test_a_message_without_a_time_may_be_stored_as_often_as_it_left() -> None:
    timeless = first(Kind.TIMELESS)
    again = (TRAFFIC.device(timeless), "event_count", 1_900_000_000_000, float(timeless))
    twice = [*stored().readings, again]
    assert counts(judged(readings=twice)) == (0, 0, 1, 0)
    resent = ledger(**{f"m{timeless}": f"s {timeless} 1\ns {timeless} 2\na {timeless} 3 0\n"})
    assert judged(resent, readings=twice).is_clean
    assert resent.sent_again == 1


def test_an_alarm_that_came_twice_is_one_case() -> None:
    alarm = first(Kind.TIMELESS_ALARM)
    book = ledger(**{f"m{alarm}": f"s {alarm} 1\ns {alarm} 2\na {alarm} 3 0\n"})
    good = stored()
    assert judged(book, events=[*good.events, (*TRAFFIC.event(alarm), True)]).is_clean
    assert judged(book, alarms=[*good.alarms, (*TRAFFIC.event(alarm), 1, None)]).doubled == 1


def test_what_died_with_the_broker_is_told_apart_and_not_called_clean() -> None:
    timeless = first(Kind.TIMELESS)
    without = [row for row in stored().readings if row[3] != timeless or row[2] < 1_800_000_000_000]
    for moment, expected in ((2500, (0, 1, 0, 0)), (9001, (1, 0, 0, 0)), (1900, (1, 0, 0, 0))):
        found = judged(deaths=Deaths([moment], 7000), readings=without)
        assert counts(found) == expected
        assert not found.is_clean


def test_a_restore_whose_alarm_died_with_the_broker_died_with_it() -> None:
    alarm = first(Kind.ALARM)
    restore = next(number for number in NUMBERS if TRAFFIC.kind(number) is Kind.RESTORE
                   and TRAFFIC.partner(number) == alarm)
    good = stored()
    found = judged(ledger(**{f"m{restore}": f"s {restore} 1\na {restore} 90000 0\n"}), Deaths([2500], 7000),
                   events=[row for row in good.events if row != (*TRAFFIC.event(alarm), True)],
                   alarms=[row for row in good.alarms if row[1] != f"p{alarm}"])
    assert counts(found) == (0, 2, 0, 0)


def test_a_ledger_that_breaks_off_counts_its_whole_lines() -> None:
    book = Ledger.read(["s 1 5\n", "a 1 6 16\n", "s 2 7\n", "a 2"])
    assert (len(book.entries), book.acknowledged, book.unheard) == (2, 1, 1)
