import hashlib
import json
from datetime import UTC, datetime

import pytest

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.formats import app_server_asks

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SESSION = SessionId("example:one")
R1 = RequestId("r1")
OFFERED: list[object] = [
    "accept",
    {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": ["touch", "a b.txt"]}},
    "acceptForSession",
    {"applyNetworkPolicyAmendment": {"network_policy_amendment": {"host": "example.org", "action": "allow"}}},
    {"applyNetworkPolicyAmendment": {"network_policy_amendment": {"host": "example.org", "action": "deny"}}},
    {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": [1]}},
    {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": []}},
    "cancel",
    7,
]


def message(method: str, **params: object) -> bytes:
    return json.dumps({"method": method, "id": 0, "params": {"threadId": "one", "turnId": "t", **params}}).encode()


def command(**params: object) -> bytes:
    return message(
        app_server_asks.COMMAND, **{"command": "/bin/bash -lc 'touch a'", "cwd": "/shop", "itemId": "c1", **params}
    )


def files(changes: object, **params: object) -> bytes:
    return app_server_asks.with_changes(message(app_server_asks.FILES, itemId="c1", **params), changes)


def asked(kept: bytes) -> Request:
    request = app_server_asks.request(kept, R1, SESSION, NOW, "/shop")
    assert request is not None
    return request


def reply(kept: bytes, *suggestions: int) -> object:
    answer = app_server_asks.write_reply(kept, asked(kept), Allow(SESSION, R1, "", suggestions))
    return None if answer is None else json.loads(answer)["result"]["decision"]


def test_a_command_is_shown_as_it_will_run_and_its_digest_is_of_the_bytes() -> None:
    kept = command(reason="Outside the sandbox?\nPlease")

    request = asked(kept)

    assert (request.text, request.kind, request.reach) == ("touch a", RequestKind.PERMISSION, Reach.SERVER)
    assert request.summary == "wants to run a command outside its sandbox (Outside the sandbox? Please)"
    assert request.digest == hashlib.sha256(kept).hexdigest()
    assert request.is_parallel


@pytest.mark.parametrize(
    "line",
    [
        "/bin/bash -lc 'touch a' extra",
        "/bin/bash -lc 'touch",
        "touch a; /bin/bash -lc 'touch b'",
    ],
)
def test_a_command_that_is_more_than_a_shell_with_one_line_is_shown_whole(line: str) -> None:
    assert asked(command(command=line)).text == line


def test_whatever_else_is_asked_for_is_shown_with_the_command() -> None:
    request = asked(command(additionalPermissions={"network": {"enabled": True}}, kind="stdin", cwd="/else"))

    for shown in ('"enabled": true', '"kind": "stdin"', '"cwd": "/else"'):
        assert shown in request.text


def test_leave_to_use_the_network_is_called_so() -> None:
    request = asked(command(networkApprovalContext={"host": "example.org", "protocol": "https"}))

    assert request.summary == "wants to use the network"
    assert "example.org" in request.text


def test_a_request_without_a_command_shows_all_there_is() -> None:
    request = asked(message(app_server_asks.COMMAND, itemId="c1"))

    assert '"itemId": "c1"' in request.text
    assert request.call_key == ""


def test_what_the_agent_offers_is_offered_in_words_and_sent_as_it_was_offered() -> None:
    kept = command(availableDecisions=OFFERED)

    assert [suggestion.text for suggestion in asked(kept).suggestions] == [
        "never ask again for commands that begin with: touch 'a b.txt'",
        "not ask again for this command in this session",
        "always allow connections to: example.org",
    ]
    assert [reply(kept), reply(kept, 0), reply(kept, 1), reply(kept, 2)] == ["accept", OFFERED[1], *OFFERED[2:4]]
    assert [reply(kept, 3), reply(kept, 0, 1), reply(kept, -1)] == [None, None, None]


def test_a_plain_yes_that_is_not_offered_is_not_given() -> None:
    assert reply(command(availableDecisions=["cancel"])) is None
    assert reply(command(availableDecisions=None)) == "accept"


def test_a_refusal_lets_the_turn_go_on_and_its_reason_follows() -> None:
    kept = command()
    refused = app_server_asks.write_reply(kept, asked(kept), Deny(SESSION, R1, "", "use a temp dir"))
    plain = app_server_asks.write_reply(kept, asked(kept), Deny(SESSION, R1, ""))
    stopped = app_server_asks.write_reply(kept, asked(kept), Deny(SESSION, R1, "", stops=True))

    assert refused is not None
    assert plain is not None
    assert stopped is not None
    assert app_server_asks.reply_parts(refused) == ({"decision": "decline"}, "use a temp dir")
    assert app_server_asks.reply_parts(plain) == ({"decision": "decline"}, "")
    assert app_server_asks.reply_parts(stopped) == ({"decision": "cancel"}, "")
    assert app_server_asks.write_reply(kept, asked(kept), Deny(SESSION, R1, "", "why", stops=True)) is None


def test_changes_to_files_are_shown_in_full() -> None:
    changes = [
        {"path": "/shop/a.py", "kind": {"type": "update", "move_path": "/shop/b.py"}, "diff": "@@\n-x\n+y\n"},
        {"path": "/shop/c.py", "kind": {"type": "add"}, "diff": "new\n"},
    ]

    request = asked(files(changes, grantRoot="/shop", reason="to fix it"))

    assert request.text == (
        "update /shop/a.py -> /shop/b.py\n@@\n-x\n+y\n\nadd /shop/c.py\nnew\n\n"
        "and to write anywhere below /shop in this session"
    )
    assert request.writes == ("/shop/a.py", "/shop/c.py")
    assert request.summary == "wants to change files (to fix it)"
    assert reply(files(changes)) == "accept"
    assert reply(files(changes), 0) == "acceptForSession"
    assert reply(files(changes), 1) is None


@pytest.mark.parametrize("changes", [[], "x", [{"path": "/a"}], [{"path": "/a", "diff": "x", "kind": {"type": 3}}]])
def test_changes_that_cannot_be_read_cannot_be_allowed_here(changes: object) -> None:
    request = asked(files(changes))

    assert (request.reach, request.suggestions) == (Reach.TERMINAL, ())
    assert "terminal" in request.why_not


def test_questions_are_asked_with_their_choices_and_take_free_text() -> None:
    kept = message(
        app_server_asks.QUESTIONS,
        questions=[
            {"id": "db", "header": "Database", "question": "Which?", "options": [{"label": "A", "description": "a"}]},
            {"id": "name", "header": "", "question": "What name?", "options": None},
        ],
    )
    request = asked(kept)

    answer = app_server_asks.write_reply(kept, request, Answer(SESSION, R1, "", (("A",), ("typed",))))

    assert [(question.text, len(question.choices)) for question in request.questions] == [
        ("Which?", 1),
        ("What name?", 0),
    ]
    assert request.summary == "asks 2 questions"
    assert answer is not None
    assert json.loads(answer)["result"] == {"answers": {"db": {"answers": ["A"]}, "name": {"answers": ["typed"]}}}
    assert app_server_asks.write_reply(kept, request, Answer(SESSION, R1, "", (("A",),))) is None
    assert app_server_asks.write_reply(kept, request, Deny(SESSION, R1, "")) is None


def test_a_secret_is_typed_in_the_terminal() -> None:
    kept = message(app_server_asks.QUESTIONS, questions=[{"id": "k", "question": "Key?", "isSecret": True}])

    assert (asked(kept).reach, asked(kept).summary) == (Reach.TERMINAL, "asks a question")
    assert "secret" in asked(kept).why_not


@pytest.mark.parametrize("questions", [None, [], ["x"], [{"id": "a", "question": "b"}, {"id": 3}]])
def test_questions_that_cannot_be_read_are_answered_in_the_terminal(questions: object) -> None:
    assert asked(message(app_server_asks.QUESTIONS, questions=questions)).reach is Reach.TERMINAL


def test_a_reply_of_another_kind_is_none() -> None:
    kept = command()

    assert app_server_asks.write_reply(kept, asked(kept), Answer(SESSION, R1, "", (("x",),))) is None
    assert app_server_asks.write_reply(kept, asked(kept), ApprovePlan(SESSION, R1, "")) is None
    assert app_server_asks.write_reply(message("item/new"), asked(kept), Allow(SESSION, R1, "")) is None


def test_a_request_nobody_knows_is_none() -> None:
    assert app_server_asks.request(message("item/tool/call"), R1, SESSION, NOW, "/shop") is None
    assert app_server_asks.request(b"torn", R1, SESSION, NOW, "/shop") is None
    assert app_server_asks.reply_parts(b"torn") == (None, "")
