from collections.abc import Mapping

import pytest

from desktop.domain.events import Event, SessionDescribed, TurnFinished, TurnStarted
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.session import Ending, NameSource
from desktop.formats.line_log import LineLog

SESSION = SessionId("robot:1")
KIND = AgentKind("robot")


class Robot(LineLog):
    def translate(self, record: Mapping[str, object]) -> list[Event]:
        match record:
            case {"go": str(prompt)}:
                return [*self.facts(prompt=prompt), *self.started(prompt)]
            case {"works": _}:
                return self.went_on()
            case {"end": str(words)}:
                self.words = words
                return self.finished()
            case {"failed": str(error)}:
                return self.finished(Ending.FAILED, error)
            case {"title": str(title)}:
                return self.facts(title=title)
            case {"model": str(model)}:
                return self.facts(model=model, cwd="/home/dev")
            case {"new": _}:
                return self.unknown()
            case _:
                return []


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_turn_from_its_prompt_to_its_last_words() -> None:
    log = Robot(SESSION, KIND)

    begun, goes_on, ended = log.feed(b'{"go": "do\\nit"}'), log.feed(b'{"works": 1}'), log.feed(b'{"end": "done"}')

    assert begun == [
        SessionDescribed(SESSION, KIND, log.at, name=(NameSource.PROMPT, "do it")),
        TurnStarted(SESSION, log.at, "do it"),
    ]
    assert goes_on == []
    assert ended == [TurnFinished(SESSION, log.at, last_words="done")]
    assert log.is_decided


def test_work_without_a_prompt_that_was_seen_is_a_turn_too_but_decides_nothing() -> None:
    log = Robot(SESSION, KIND)

    assert kinds(log.feed(b'{"works": 1}')) == ["TurnStarted"]
    assert log.feed(b'{"works": 1}') == []
    assert not log.is_decided


def test_the_words_of_one_turn_are_not_those_of_the_next() -> None:
    log = Robot(SESSION, KIND)
    for line in (b'{"go": "a"}', b'{"end": "done"}', b'{"go": "b"}'):
        log.feed(line)

    assert log.feed(b'{"failed": "no luck"}') == [TurnFinished(SESSION, log.at, Ending.FAILED, "no luck")]


def test_facts_are_told_when_they_are_new() -> None:
    log = Robot(SESSION, KIND)

    assert kinds(log.feed(b'{"model": "m1"}')) == ["SessionDescribed"]
    assert log.feed(b'{"model": "m1"}') == []
    changed = log.feed(b'{"model": "m2"}')

    assert changed == [SessionDescribed(SESSION, KIND, log.at, model="m2")]
    assert log.feed(b'{"title": "T"}') == [SessionDescribed(SESSION, KIND, log.at, name=(NameSource.TITLE, "T"))]
    assert log.feed(b'{"title": "T"}') == []


def test_lines_that_cannot_be_read_are_counted() -> None:
    log = Robot(SESSION, KIND)

    assert [log.feed(line) for line in (b"", b"  ", b"{", b"[]", b'{"new": 1}')] == [[]] * 5
    assert log.skipped == 3


def test_an_end_that_reaches_back_to_no_turn_asks_for_more() -> None:
    log = b'{"go": "a"}\n{"works": 1}\n{"works": 1}\n'

    assert Robot(SESSION, KIND).skim(log, 12, is_last_try=False) is None
    assert kinds(Robot(SESSION, KIND).skim(log, 12, is_last_try=True) or []) == ["TurnStarted"]
    assert kinds(Robot(SESSION, KIND).skim(log, is_last_try=False) or []) == ["SessionDescribed", "TurnStarted"]


class Marked(Robot):
    TURN_MARK = b'"go"'
    FACT_MARKS = (b'"title"', b'"model"')

    def begins_turn(self, line: bytes) -> bool:
        return line.startswith(b'{"go"')


BEFORE = b'{"title": "old"}\n{"model": "m1"}\n{"go": "a"}\n{"end": "done"}\n{"title": "T"}\n{"new": 1}\n'


def test_only_the_last_turn_is_read_and_what_was_told_last_before_it() -> None:
    log = Marked(SESSION, KIND)

    events = log.skim(BEFORE + b'{"go": "b"}\n\n{"works": "go"}', is_last_try=False) or []

    assert kinds(events) == ["SessionDescribed", "SessionDescribed", "SessionDescribed", "TurnStarted"]
    assert [event.model or event.name for event in events if isinstance(event, SessionDescribed)] == [
        "m1",
        (NameSource.TITLE, "T"),
        (NameSource.PROMPT, "b"),
    ]
    assert log.skipped == 0  # nothing else was looked at


def test_a_line_that_only_speaks_of_a_turn_begins_none() -> None:
    log = BEFORE + b'{"works": {"go": 1}}'

    assert kinds(Marked(SESSION, KIND).skim(log, is_last_try=False) or []) == [
        "SessionDescribed",
        "SessionDescribed",
        "SessionDescribed",
        "TurnStarted",
        "TurnFinished",
        "SessionDescribed",
        "TurnStarted",
    ]


def test_the_torn_head_of_a_tail_begins_no_turn() -> None:
    log = b'x{"go": "a"}\n{"go": "b"}\n{"end": "done"}\n'
    top = log.find(b"\n") + 1

    assert kinds(Marked(SESSION, KIND).skim(log, top, is_last_try=False) or []) == [
        "SessionDescribed",
        "TurnStarted",
        "TurnFinished",
    ]
    assert Marked(SESSION, KIND).skim(log[: top + 3], top, is_last_try=False) is None


def test_whoever_inherits_must_say_what_a_record_means() -> None:
    with pytest.raises(NotImplementedError):
        LineLog(SESSION, KIND).feed(b"{}")
    with pytest.raises(NotImplementedError):
        LineLog(SESSION, KIND).begins_turn(b"{}")
