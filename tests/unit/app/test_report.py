"""What programs and people are told of sessions: every key, every type, and nothing that could act on a terminal."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from desktop.app import report
from desktop.domain.board import Board, Row, Trouble
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.phase import Phase
from desktop.domain.requests import Choice, Question, Reach, RequestKind, Suggestion
from desktop.domain.session import Claim, Evidence, Source
from tests.widgets.boards import NOW, board, permission, question, row, subagent

EVIL = "\x1b[2J\x1b]0;owned\x07\u202eevil\r\x9b31m\x00"


def evidence(**changes: object) -> Evidence:
    made = Evidence(Source.HOOK, Claim.WAITING_APPROVAL, NOW - timedelta(seconds=3), "Bash", "", timedelta(seconds=90))
    return replace(made, **changes)  # type: ignore[arg-type]


def shown(asked: Row) -> dict[str, object]:
    """The session as a program reads it."""
    found: dict[str, object] = json.loads(json.dumps(report.session(asked)))
    return found


def request_of(asked: Row) -> dict[str, object]:
    found = shown(asked)["request"]
    assert isinstance(found, dict)
    return found


def test_status_has_every_key_of_the_contract_and_no_other() -> None:
    answer = json.loads(json.dumps(report.status(board(row(1, Phase.NEEDS_APPROVAL, "Refunds", permission()), row(2)))))

    assert list(answer) == ["version", "at", "counts", "needs_you", "sessions"]
    assert answer["version"] == 1
    assert datetime.fromisoformat(answer["at"]) == NOW
    assert answer["counts"] == {"needs approval": 1, "working": 1}
    assert answer["needs_you"] == 1
    assert [session["id"] for session in answer["sessions"]] == ["robot:1", "robot:2"]


def test_status_of_nothing_is_whole() -> None:
    answer = report.status(Board(NOW))

    assert (answer["counts"], answer["needs_you"], answer["sessions"]) == ({}, 0, [])


def test_a_session_has_every_key_of_the_contract_and_no_other() -> None:
    asked = replace(row(1, Phase.NEEDS_APPROVAL, "Refunds", permission()), evidence=(evidence(),))

    assert list(shown(asked)) == [
        *("id", "agent", "name", "project", "cwd", "pid", "model", "phase", "since", "reason", "evidence", "request")
    ]
    assert shown(asked) | {"request": None} == {
        "id": "robot:1",
        "agent": "robot",
        "name": "Refunds",
        "project": "payments-api",
        "cwd": "~/src/payments-api",
        "pid": 1001,
        "model": "Big",
        "phase": "needs approval",
        "since": (NOW - timedelta(minutes=6)).isoformat(),
        "reason": "its own live state says so",
        "evidence": [
            {
                "source": "hook",
                "says": "waiting for approval: Bash",
                "at": (NOW - timedelta(seconds=3)).isoformat(),
                "ttl_s": 90.0,
            }
        ],
        "request": None,
    }


def test_subagents_are_told_with_role_and_model_while_they_run() -> None:
    helped = replace(row(1), subagents=(subagent("explorer", "haiku-4-5"), subagent("reviewer"), subagent(EVIL, EVIL)))

    told = shown(helped)["subagents"]
    lines = report.explanation(helped, NOW)

    since = (NOW - timedelta(minutes=2)).isoformat()
    assert isinstance(told, list)
    assert told[:2] == [
        {"role": "explorer", "model": "haiku-4-5", "since": since},
        {"role": "reviewer", "model": None, "since": since},
    ]
    assert "\x1b" not in str(told[2]["role"]) + str(told[2]["model"])
    assert "  subagent explorer, haiku-4-5, for 2 min" in lines
    assert "  subagent reviewer, for 2 min" in lines
    assert not any("\x1b" in line for line in lines)
    assert "subagents" not in shown(row(1))


def test_what_is_not_known_is_null() -> None:
    asked = replace(row(1), pid=None, evidence=(evidence(detail="", ttl=None),))

    assert (shown(asked)["pid"], shown(asked)["request"]) == (None, None)
    assert shown(asked)["evidence"] == [
        {
            "source": "hook",
            "says": "waiting for approval",
            "at": (NOW - timedelta(seconds=3)).isoformat(),
            "ttl_s": None,
        }
    ]


@pytest.mark.parametrize("phase", Phase)
def test_a_phase_is_told_in_the_lower_case_words_of_the_product(phase: Phase) -> None:
    assert shown(row(1, phase))["phase"] == phase.value == phase.value.lower()


def test_every_time_has_its_zone() -> None:
    told = report.session(replace(row(1), evidence=(evidence(),)))
    times = [told["since"], report.status(Board(NOW))["at"]]
    times += [item["at"] for item in told["evidence"]]  # type: ignore[attr-defined]

    assert all(datetime.fromisoformat(str(time)).tzinfo is not None for time in times)


def test_a_permission_request_has_every_key_of_the_contract() -> None:
    asked = replace(permission(), suggestions=(Suggestion("always allow pytest in this project"),))

    assert request_of(row(1, Phase.NEEDS_APPROVAL, "Refunds", asked)) == {
        "id": "r1",
        "kind": "permission",
        "tool": "Bash",
        "text": "alembic upgrade head && pytest -q tests/refunds",
        "options": ["always allow pytest in this project"],
        "answerable": True,
        "channel": "hook",
    }


@pytest.mark.parametrize("kind", RequestKind)
def test_each_kind_of_request_has_the_same_keys(kind: RequestKind) -> None:
    told = request_of(row(1, Phase.NEEDS_ANSWER, "Refunds", replace(permission(), kind=kind)))

    assert list(told) == ["id", "kind", "tool", "text", "options", "answerable", "channel"]
    assert told["kind"] == kind.value


def test_several_questions_are_told_with_all_their_options_in_order() -> None:
    both = (
        Question("Which database?", choices=(Choice("PostgreSQL", "as now"), Choice("SQLite"))),
        Question("Which cache?", choices=(Choice("none"),)),
    )

    told = request_of(row(1, Phase.NEEDS_ANSWER, "Refunds", replace(question("robot:1"), questions=both)))

    assert told["text"] == "Which database?\nWhich cache?"
    assert told["options"] == ["PostgreSQL", "SQLite", "none"]


@pytest.mark.parametrize(
    ("changes", "channel"),
    [({"reach": Reach.TERMINAL}, "terminal"), ({"is_verified": False}, "hook")],
)
def test_what_cannot_be_answered_here_says_so(changes: dict[str, object], channel: str) -> None:
    asked = replace(permission(), **changes)  # type: ignore[arg-type]

    told = request_of(row(1, Phase.NEEDS_APPROVAL, "Refunds", asked))

    assert (told["answerable"], told["channel"]) == (False, channel)


def hostile() -> Row:
    asked = replace(
        permission(text=EVIL),
        tool=EVIL,
        summary=EVIL,
        why_not=EVIL,
        reach=Reach.TERMINAL,
        suggestions=(Suggestion(EVIL),),
    )
    return replace(
        row(1, Phase.NEEDS_APPROVAL, EVIL, asked, line=EVIL, cwd=f"/{EVIL}"),
        session=SessionId(f"robot:{EVIL}"),
        reason=EVIL,
        project=EVIL,
        model=EVIL,
        evidence=(evidence(detail=EVIL),),
    )


def strings(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [found for item in value for found in strings(item)]
        case dict():
            return [found for item in value.values() for found in strings(item)]
        case _:
            return []


ODD = ("\x1b", "\u202e", "\r", "\x9b", "\x07", "\x00")


def is_clean(told: str) -> bool:
    return not any(character in told for character in ODD)


def test_no_agent_can_speak_to_the_terminal_through_json() -> None:
    told = strings(report.session(hostile()))

    assert [text for text in told if not is_clean(text)] == []
    assert any("evil" in text for text in told)


def test_no_agent_can_speak_to_the_terminal_through_lines_or_an_explanation() -> None:
    troubled = replace(board(hostile()), troubles=(Trouble("hooks", EVIL, EVIL),))

    told = [*report.lines(troubled), *report.explanation(hostile(), NOW)]

    assert [line for line in told if not is_clean(line)] == []


def test_a_name_of_many_lines_stays_on_its_own_line() -> None:
    asked = row(1, Phase.WORKING, "first\nsecond", line="one\ntwo")

    assert "\n" not in report.line(asked, NOW)


def test_a_text_of_megabytes_is_cut() -> None:
    asked = permission(text="x" * 5_000_000)

    assert len(str(request_of(row(1, Phase.NEEDS_APPROVAL, "Refunds", asked))["text"])) < 101_000


def test_lines_tell_groups_ages_and_troubles_to_a_person() -> None:
    told = report.lines(
        replace(
            board(row(1, Phase.NEEDS_APPROVAL, "Refunds", permission()), row(2)),
            troubles=(Trouble("ledger", "The disk is full.", "Free space."),),
        )
    )

    assert told[0].startswith("1 session needs you")
    refunds = next(line for line in told if "Refunds" in line)
    assert refunds.split() == [
        *("needs", "approval", "Refunds", "6", "min", "payments-api", "·", "Robot", "·", "editing", "src/cart/total.ts")
    ]
    assert told[-1] == "! ledger: The disk is full. Free space."


def test_an_explanation_tells_every_source_newest_first_and_what_is_stale() -> None:
    old = evidence(source=Source.TRANSCRIPT, claim=Claim.WORKING, at=NOW - timedelta(minutes=10), detail="")
    lasting = evidence(source=Source.PROCESS, claim=Claim.ALIVE, at=NOW - timedelta(minutes=5), ttl=None, detail="")
    asked = replace(
        row(1, Phase.NEEDS_APPROVAL, "Refunds", permission(reach=Reach.TERMINAL)), evidence=(old, evidence(), lasting)
    )

    told = report.explanation(asked, NOW)

    assert told[0] == "Refunds  (robot:1)"
    assert told[1:3] == ["  phase    needs approval, for 6 min", "  because  its own live state says so"]
    start = told.index("  evidence")
    assert [line.split() for line in told[start + 1 : start + 4]] == [
        ["hook", "waiting", "for", "approval", "(Bash),", "3", "s", "ago,", "believed", "for", "1", "min"],
        ["process", "alive,", "5", "min", "ago,", "stays"],
        ["transcript", "working,", "10", "min", "ago,", "believed", "for", "1", "min,", "STALE"],
    ]
    assert told[-1].endswith("not here: Answer it in the terminal: its hook is not connected.")


def test_an_explanation_of_what_nobody_knows_says_none() -> None:
    told = report.explanation(replace(row(1), pid=None, agent=AgentKind("robot")), NOW)

    assert told[-2:] == ["  evidence", "    none"]
    assert "  process  none known, interactive" in told


def test_records_that_nobody_could_read_are_told_by_agent_and_version() -> None:
    told = report.status(replace(board(), skipped=((AgentKind("robot"), "1.0", 3),)))

    assert told["skipped"] == [{"agent": "robot", "version": "1.0", "count": 3}]
