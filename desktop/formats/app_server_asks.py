"""What an agent asks over its app server, as a request; and a person's reply, as the result that it takes.

The text of a request leaves nothing out that will run or be written, or else the request cannot be answered here.
"""

import hashlib
import json
import shlex
from collections.abc import Mapping
from datetime import datetime

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.replies import Allow, Answer, Deny, RequestReply
from desktop.domain.requests import Choice, Question, Reach, Request, RequestKind, Suggestion
from desktop.formats import text, tool_calls
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.rollout_calls import COMMAND_TOOL, PATCH_TOOL

COMMAND = "item/commandExecution/requestApproval"
FILES = "item/fileChange/requestApproval"
QUESTIONS = "item/tool/requestUserInput"

Fields = Mapping[str, object]

# They say neither what runs nor where, or are shown in another way; whatever else is set is shown with the command.
_SHOWN_ELSEWHERE = frozenset(
    (
        *("kind", "threadId", "turnId", "itemId", "approvalId", "startedAtMs", "environmentId", "reason", "command"),
        *("cwd", "commandActions", "proposedExecpolicyAmendment", "proposedNetworkPolicyAmendments"),
        "availableDecisions",
    )
)
_SHELLS = ("/bin/bash -lc ", "/bin/sh -lc ", "/bin/zsh -lc ", "bash -lc ", "sh -lc ", "zsh -lc ")
_UNREAD_FILES = "What it would change could not be read here. Look at it in the terminal of the session."
_SECRET = "It asks for a secret. Type it in the terminal of the session, where nobody keeps it."
_UNREAD_QUESTION = "Its questions could not be read here. Answer them in the terminal of the session."


def with_changes(raw: bytes, changes: object) -> bytes:
    """What is kept of a request to change files, and its digest is of: the message, and what would change in them."""
    return json.dumps({"message": parse_object(raw), "changes": changes}, sort_keys=True).encode()


def request(
    kept: bytes,
    request_id: RequestId,
    session: SessionId,
    at: datetime,
    cwd: str,
    *,
    helper: tuple[str, str] = ("", ""),
) -> Request | None:
    """The request that *kept* holds; None for one that nobody here knows. *helper* is the role and id of who asks."""
    message, changes = _unpacked(kept)
    params = object_of(message, "params")
    asked = {
        COMMAND: lambda: _command(params, cwd),
        FILES: lambda: _files(params, changes),
        QUESTIONS: lambda: _questions(params),
    }.get(text_of(message, "method"))
    if asked is None:
        return None
    known = asked()
    return Request(
        id=request_id,
        session=session,
        opened_at=at,
        digest=hashlib.sha256(kept).hexdigest(),
        reach=Reach.TERMINAL if known.get("why_not") else Reach.SERVER,
        is_parallel=True,
        subagent=helper[0],
        subagent_id=helper[1],
        **known,  # type: ignore[arg-type]  # each of the three gives fields of a request
    )


def write_reply(kept: bytes, asked: Request, reply: RequestReply) -> bytes | None:
    """The result to send, and what to say after it; None when the agent takes no such answer."""
    message, _ = _unpacked(kept)
    params = object_of(message, "params")
    match reply:
        case Allow(suggestions=chosen):
            decision = _allowing(params, text_of(message, "method"), chosen)
            return None if decision is None else _result({"decision": decision})
        case Deny(reason=reason, stops=stops) if asked.kind is RequestKind.PERMISSION:
            if stops and reason:
                return None  # with the turn its listener is gone
            return _result({"decision": "cancel" if stops else "decline"}, reason)
        case Answer(answers=answers):
            ids = [text_of(question, "id") for question in objects_of(params, "questions")]
            if asked.kind is not RequestKind.QUESTION or len(ids) != len(answers):
                return None
            return _result({"answers": {i: {"answers": list(said)} for i, said in zip(ids, answers, strict=True)}})
        case _:
            return None


def reply_parts(answer: bytes) -> tuple[object, str]:
    """The result in what *write_reply* made, and the words to say after it."""
    fields = parse_object(answer) or {}
    return fields.get("result"), text_of(fields, "then")


def _result(result: object, then: str = "") -> bytes:
    return json.dumps({"result": result, "then": then} if then else {"result": result}).encode()


def _unpacked(kept: bytes) -> tuple[Fields, object]:
    fields = parse_object(kept) or {}
    return (object_of(fields, "message"), fields["changes"]) if "changes" in fields else (fields, None)


# --- a command --------------------------------------------------------------------------------------------------------


def _command(params: Fields, cwd: str) -> dict[str, object]:
    command = _plain(text_of(params, "command"))
    rest = {key: value for key, value in params.items() if key not in _SHOWN_ELSEWHERE and value is not None}
    if text_of(params, "kind") not in ("", "command"):
        rest["kind"] = params["kind"]
    where = text_of(params, "cwd")
    if where and cwd and where.rstrip("/") != cwd.rstrip("/"):
        rest["cwd"] = where
    network = object_of(params, "networkApprovalContext")
    summary = "wants to use the network" if network else "wants to run a command outside its sandbox"
    shown = "\n\n".join(part for part in (command, tool_calls.pretty(rest) if rest else "") if part)
    reason = text.one_line(text_of(params, "reason"))
    return {
        "kind": RequestKind.PERMISSION,
        "tool": COMMAND_TOOL,
        "text": shown or tool_calls.pretty(params),
        "summary": f"{summary} ({reason})" if reason else summary,
        "suggestions": tuple(Suggestion(words) for words, _ in _rules(params)),
        "call_key": tool_calls.call_key(COMMAND_TOOL, {"command": command}) if command else "",
    }


def _plain(command: str) -> str:
    """The command without the shell around it, when that is all there is around it."""
    for shell in _SHELLS:
        if command.startswith(shell):
            try:
                inner = shlex.split(command[len(shell) :])
            except ValueError:
                return command
            return inner[0] if len(inner) == 1 else command
    return command


def _rules(params: Fields) -> list[tuple[str, object]]:
    """What the agent offers beside a plain yes: in words, and as it wants to hear it."""
    offered = params.get("availableDecisions")
    rules: list[tuple[str, object]] = []
    for decision in offered if isinstance(offered, list) else ():
        match decision:
            case "acceptForSession":
                rules.append(("not ask again for this command in this session", decision))
            case {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": [*words]}} if words and _are_texts(words):
                begin = shlex.join(map(str, words))
                rules.append((f"never ask again for commands that begin with: {begin}", decision))
            case {"applyNetworkPolicyAmendment": {"network_policy_amendment": {"host": str(host), "action": "allow"}}}:
                rules.append((f"always allow connections to: {host}", decision))
            case _:
                pass
    return rules


def _are_texts(words: list[object]) -> bool:
    return all(isinstance(word, str) for word in words)


def _allowing(params: Fields, method: str, chosen: tuple[int, ...]) -> object:
    if method not in (COMMAND, FILES):
        return None
    offered = params.get("availableDecisions")
    if not chosen:
        return "accept" if not isinstance(offered, list) or "accept" in offered else None
    rules = {COMMAND: _rules(params), FILES: _FILE_RULES}[method]
    if len(chosen) != 1 or not 0 <= chosen[0] < len(rules):
        return None
    return rules[chosen[0]][1]


# --- changes to files -------------------------------------------------------------------------------------------------

_FILE_RULES: list[tuple[str, object]] = [
    ("not ask again for changes to these files in this session", "acceptForSession")
]


def _files(params: Fields, changes: object) -> dict[str, object]:
    blocks: list[str] = []
    paths: list[str] = []
    for change in changes if isinstance(changes, list) else ():
        match change:
            case {"path": str(path), "diff": str(diff), "kind": {"type": str(kind), **rest}}:
                moved = f" -> {rest['move_path']}" if rest.get("move_path") else ""
                blocks.append(f"{kind} {path}{moved}\n{diff}".rstrip("\n"))
                paths.append(path)
            case _:
                blocks.clear()
                break
    if text_of(params, "grantRoot") and blocks:
        blocks.append(f"and to write anywhere below {text_of(params, 'grantRoot')} in this session")
    reason = text.one_line(text_of(params, "reason"))
    return {
        "kind": RequestKind.PERMISSION,
        "tool": PATCH_TOOL,
        "text": "\n\n".join(blocks),
        "summary": f"wants to change files ({reason})" if reason else "wants to change files",
        "writes": tuple(paths),
        "suggestions": tuple(Suggestion(words) for words, _ in _FILE_RULES) if blocks else (),
        "why_not": "" if blocks else _UNREAD_FILES,
    }


# --- questions --------------------------------------------------------------------------------------------------------


def _questions(params: Fields) -> dict[str, object]:
    asked = params.get("questions")
    read: list[Question] = []
    is_secret = False
    for item in asked if isinstance(asked, list) else ():
        match item:
            case {"id": str(), "question": str(question)}:
                offered = objects_of(item, "options")
                choices = tuple(Choice(text_of(option, "label"), text_of(option, "description")) for option in offered)
                read.append(Question(question, text_of(item, "header"), choices))
                is_secret = is_secret or item.get("isSecret") is True
            case _:
                read.clear()
                break
    count = "a question" if len(read) == 1 else f"{len(read)} questions"
    why_not = _SECRET if is_secret else "" if read else _UNREAD_QUESTION
    return {
        "kind": RequestKind.QUESTION,
        "tool": tool_calls.QUESTION_TOOL,
        "text": "\n\n".join(question.text for question in read),
        "summary": f"asks {count}" if read else "asks something that cannot be read here",
        "questions": tuple(read),
        "why_not": why_not,
    }
