"""Sessions as JSON and as lines of text, for the command line and for whoever asks the socket."""

from collections.abc import Iterable
from datetime import datetime

from desktop.domain.board import Board, Row
from desktop.domain.requests import Request
from desktop.domain.session import Evidence, Subagent
from desktop.formats import text, words

VERSION = 1


def status(board: Board) -> dict[str, object]:
    """The whole board."""
    told: dict[str, object] = {
        "version": VERSION,
        "at": board.at.isoformat(),
        "counts": {str(phase): count for phase, count in board.counts},
        "needs_you": board.needs_you,
        "sessions": [session(row) for row in board.rows],
    }
    if board.skipped:  # something for doctor to tell, and not there where all is well
        told["skipped"] = [
            {"agent": kind, "version": text.one_line(version), "count": count} for kind, version, count in board.skipped
        ]
    return told


def session(row: Row) -> dict[str, object]:
    """One session; its subagents are told where any run."""
    told: dict[str, object] = {
        "id": text.one_line(row.session),
        "agent": row.agent,
        "name": text.one_line(row.name),
        "project": text.one_line(words.place(row)),
        "cwd": text.one_line(row.cwd, 4096),
        "pid": row.pid,
        "model": text.one_line(row.model),
        "phase": str(row.phase),
        "since": row.since.isoformat(),
        "reason": text.one_line(row.reason, 400),
        "evidence": [_evidence(item) for item in row.evidence],
        "request": _request(row.request) if row.request is not None else None,
    }
    if row.subagents:
        told["subagents"] = [_subagent(helper) for helper in row.subagents]
    return told


def _subagent(helper: Subagent) -> dict[str, object]:
    return {
        "role": text.one_line(helper.role, 60),
        "model": text.one_line(helper.model, 60) or None,
        "since": helper.started_at.isoformat(),
    }


def _evidence(item: Evidence) -> dict[str, object]:
    says = f"{item.claim}: {item.detail}" if item.detail else str(item.claim)
    return {
        "source": str(item.source),
        "says": text.one_line(says, 400),
        "at": item.at.isoformat(),
        "ttl_s": item.ttl.total_seconds() if item.ttl is not None else None,
    }


def _request(request: Request) -> dict[str, object]:
    if request.questions:
        options = [text.one_line(choice.label) for question in request.questions for choice in question.choices]
        asked = "\n".join(question.text for question in request.questions)
    else:
        options = [text.one_line(item.text, 400) for item in request.suggestions]
        asked = request.text
    return {
        "id": request.id,
        "kind": str(request.kind),
        "tool": text.one_line(request.tool),
        "text": text.clean(asked, 100_000),
        "options": options,
        "answerable": request.is_answerable,
        "channel": str(request.reach),
    }


def lines(board: Board) -> list[str]:
    """The board for a person at a terminal."""
    shown = [f"{words.headline(board)}  {words.subline(board, board.at)}".rstrip()]
    for group in board.groups:
        shown.append(f"\n{group.title.upper()}")
        shown += [line(row, board.at) for row in group.rows]
    for trouble in board.troubles:
        shown.append("")
        shown.append(text.one_line(f"! {trouble.part}: {trouble.text} {trouble.remedy}", 1000))
    return shown


def line(row: Row, now: datetime) -> str:
    """One session in one line."""
    age = words.age(now - row.since)
    what = text.one_line(row.line, 80)
    where = " · ".join(part for part in (text.one_line(words.place(row), 60), row.agent_label, what) if part)
    return f"  {row.phase!s:<15} {text.one_line(row.name, 32):<32} {age:>9}  {where}"


def explanation(row: Row, now: datetime) -> list[str]:
    """Why a session is shown as it is: every piece of evidence, its source, its age."""
    told = [
        f"{text.one_line(row.name)}  ({text.one_line(row.session)})",
        f"  phase    {row.phase}, for {words.age(now - row.since)}",
        f"  because  {text.one_line(row.reason, 400)}",
        f"  agent    {row.agent_label} {text.one_line(row.model)}".rstrip(),
        f"  process  {row.pid or 'none known'}, {row.launch}",
        f"  in       {text.one_line(row.cwd, 400)}{f' on {row.host}' if row.host else ''}",
        f"  terminal {text.one_line(row.terminal, 400) or 'not looked at'}",
    ]
    for helper in row.subagents:
        of = f", {text.one_line(helper.model, 60)}" if helper.model else ""
        role = text.one_line(helper.role, 60) or "no role told"
        told.append(f"  subagent {role}{of}, for {words.age(now - helper.started_at)}")
    told.append("  evidence")
    told += _told(row.evidence, now)
    if not row.evidence:
        told.append("    none")
    for request in row.requests:
        where = "here and in its terminal" if request.is_answerable else f"not here: {text.one_line(request.why_not)}"
        told.append(f"  asks     {request.kind}: {text.one_line(request.summary)}; can be answered {where}")
    return told


def _told(evidence: Iterable[Evidence], now: datetime) -> list[str]:
    told = []
    for item in sorted(evidence, key=lambda known: known.at, reverse=True):
        credible = "stays" if item.ttl is None else f"believed for {words.age(item.ttl)}"
        stale = "" if item.is_fresh(now) else ", STALE"
        detail = f" ({text.one_line(item.detail, 100)})" if item.detail else ""
        told.append(f"    {item.source!s:<11} {item.claim}{detail}, {words.age(now - item.at)} ago, {credible}{stale}")
    return told
