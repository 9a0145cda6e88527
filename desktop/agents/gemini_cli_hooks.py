"""What Gemini CLI tells its hooks, and what it asks: answered by none of them."""

import hashlib
from collections.abc import Mapping

from desktop.agents.gemini_cli_calls import KIND, NO_PROMPT_YET, QUESTION_TOOL, activity_of, base_name, hashed, key_of
from desktop.domain.agent import HookCall, HookEvent, HookSetup, HookShape
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import RequestId, SessionId, session_id
from desktop.domain.requests import Question, Reach, Request, RequestKind
from desktop.domain.session import Claim, Evidence, Source, ToolCall
from desktop.formats import hook_payload, text, tool_calls
from desktop.formats.foreign_json import object_of, objects_of, text_of

WHY_NOT = "Gemini CLI takes the answer in its own terminal only: none of its hooks may answer its prompt."

_CALLS_US = "its hook tells of its turns, and when it asks"
_NO_WORDS = "[no response text]"
# Each call waits for its hooks, so all of them are let go at once; the time is for a machine under load.
HOOKS = HookSetup(
    file="settings.json",
    events=tuple(
        HookEvent(name, 5, matcher="*")
        for name in (
            "SessionStart",
            "SessionEnd",
            "BeforeAgent",
            "AfterAgent",
            "BeforeTool",
            "AfterTool",
            "Notification",
        )
    ),
    command_name=KIND,
    shape=HookShape(is_one_line=True, is_in_ms=True, name="agent-tray", has_status_message=False, has_async=False),
)

_ENDED_WHY = {"clear": "the conversation was cleared", "exit": "the person left", "logout": "the person logged out"}


def read_hook(call: HookCall) -> list[Event]:
    """Turn a hook call into events."""
    payload = hook_payload.read(call.payload)
    if payload is None:
        return []
    session = session_id(KIND, payload.native_session)
    try:
        news = _news(payload, session, call)
    except (RecursionError, OverflowError):
        return []
    if news is None:
        return []
    described = SessionDescribed(
        session,
        KIND,
        call.at,
        cwd=text_of(payload.fields, "cwd") or None,
        transcript=text_of(payload.fields, "transcript_path") or None,
        pid=call.agent_pid or None,
        pane=dict(call.environment).get("TMUX_PANE") or None,
    )
    return [described, *hook_payload.process_events(session, call), *news]


def _news(payload: hook_payload.Payload, session: SessionId, call: HookCall) -> list[Event] | None:
    fields, at = payload.fields, call.at
    tool, given = text_of(fields, "tool_name"), object_of(fields, "tool_input")
    key = key_of(tool, given, text_of(object_of(fields, "mcp_context"), "tool_name"))
    match payload.event:
        case "SessionStart":
            return [EvidenceGiven(session, Evidence(Source.HOOK, Claim.RESTING, at, NO_PROMPT_YET))]
        case "SessionEnd":
            reason = text_of(fields, "reason")
            why = _ENDED_WHY.get(reason) or f"ended ({text.one_line(reason, 60)})"
            return [SessionEnded(session, at, why, source=Source.HOOK)]
        case "BeforeAgent":
            evidence = Evidence(Source.HOOK, Claim.WORKING, at, _CALLS_US)
            return [
                TurnStarted(session, at, text.one_line(text_of(fields, "prompt"))),
                EvidenceGiven(session, evidence),
            ]
        case "AfterAgent":
            words = text_of(fields, "prompt_response")
            return [TurnFinished(session, at, last_words="" if words == _NO_WORDS else text.clean(words))]
        case "BeforeTool" if tool == QUESTION_TOOL:
            started = ToolCallStarted(session, ToolCall(key, tool, key, at))
            return [started, RequestOpened(_question(session, key, given, call))]
        case "BeforeTool" if tool:
            started = ToolCallStarted(session, ToolCall(key, tool, key, at))
            return [started, ActivitySeen(session, at, activity_of(tool, given))]
        case "AfterTool" if tool:
            return [ToolCallEnded(session, key, at)]
        case "Notification" if text_of(fields, "notification_type") == "ToolPermission":
            request = _permission(session, object_of(fields, "details"), call)
            return [RequestOpened(request)] if request is not None else None
        case _:
            return None


def _permission(session: SessionId, details: Mapping[str, object], call: HookCall) -> Request | None:
    """What it asks leave for; None for what was told of in another way."""
    path = text_of(details, "filePath") or text_of(details, "fileName")
    writes: tuple[str, ...] = ()
    match text_of(details, "type"):
        case "exec":
            tool, shown, summary = "run_shell_command", text_of(details, "command"), "wants to run a command"
            key = hashed("exec", shown)
        case "edit":
            difference = text_of(details, "fileDiff") or text_of(details, "newContent")
            tool, shown, summary = "edit", f"{path}\n\n{difference}", "wants to change a file"
            key, writes = hashed("edit", base_name(path)), (path,)
        case "info":
            urls = details.get("urls")
            listed = [url for url in urls if isinstance(url, str)] if isinstance(urls, list) else []
            prompt = text_of(details, "prompt")
            tool, shown, summary = "web_fetch", "\n".join([prompt, *listed]), "wants to fetch a web page"
            key = hashed("info", prompt)
        case "mcp":
            tool = text_of(details, "toolName")
            shown = f"{text_of(details, 'serverName')}: {tool}\n\nWhat it is given is shown in its terminal."
            summary, key = f"wants to use {text.one_line(tool, 60)}", hashed("tool", tool)
        case ("exit_plan_mode" | "sandbox_expansion") as other:
            title = text_of(details, "title")
            tool, shown, summary, key = other, title, "waits in its terminal", hashed("tool", other)
        case _:
            return None
    return _request(session, RequestKind.PERMISSION, tool, shown, summary, key, call, writes=writes)


def _question(session: SessionId, key: str, given: Mapping[str, object], call: HookCall) -> Request:
    use = tool_calls.describe(tool_calls.QUESTION_TOOL, {"questions": _with_options(given)})
    return _request(
        session, RequestKind.QUESTION, QUESTION_TOOL, use.text, use.summary, key, call, questions=use.questions
    )


def _with_options(given: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [
        {**asked, "multiSelect": asked.get("multiSelect") is True or asked.get("type") == "multi"}
        for asked in objects_of(given, "questions")
    ]


def _request(
    session: SessionId,
    kind: RequestKind,
    tool: str,
    shown: str,
    summary: str,
    key: str,
    call: HookCall,
    *,
    writes: tuple[str, ...] = (),
    questions: tuple[Question, ...] = (),
) -> Request:
    digest = hashlib.sha256(call.payload).hexdigest()
    return Request(
        id=RequestId(call.request_nonce or digest[:32]),
        session=session,
        kind=kind,
        opened_at=call.at,
        tool=tool,
        text=shown,
        summary=summary,
        questions=questions,
        writes=writes,
        digest=digest,
        call_key=key,
        reach=Reach.TERMINAL,
        why_not=WHY_NOT,
    )
