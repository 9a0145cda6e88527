"""A made-up history of transcripts, with what each of them ends in.

Sizes follow what people have: many small files, a few huge ones, lines to 1.2 MB. The last turn of 85 in 100 begins
within the last 12 KiB, of 12 within 48 KiB, of 3 within 200 KiB.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CWD = "/home/dev/project"
_BLOCK = 2 * 1024 * 1024
# What surrounds the words in a real record: half a kilobyte that nobody here reads.
_ENVELOPE = {
    "parentUuid": "0" * 36,
    "isSidechain": False,
    "uuid": "1" * 36,
    "requestId": "req_" + "2" * 24,
    "cwd": CWD,
    "version": "2.1.330",
    "gitBranch": "main",
    "userType": "external",
    "entrypoint": "cli",
}
_USAGE = {
    "input_tokens": 4,
    "cache_creation_input_tokens": 1200,
    "cache_read_input_tokens": 24000,
    "output_tokens": 300,
    "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
    "service_tier": "standard",
    "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 1200},
}
AT = "2026-01-02T03:04:05.000Z"


@dataclass(frozen=True)
class Ending:
    """How a transcript ends."""

    is_finished: bool
    open_calls: tuple[str, ...] = ()


def write(root: Path, *, files: int, megabytes: int, seed: int = 7) -> dict[str, Ending]:
    """Write *files* transcripts of *megabytes* in all; returns how each ends, by path."""
    chance = random.Random(seed)
    weights = [chance.lognormvariate(0.0, 1.2) for _ in range(files)]
    scale = megabytes * 1024 * 1024 / sum(weights)
    block = _filler(chance)
    endings: dict[str, Ending] = {}
    for number, weight in enumerate(weights):
        folder = root / f"-home-dev-{number % 40}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{number:08d}-0000-4000-8000-000000000000.jsonl"
        session = path.stem
        with path.open("wb") as file:
            file.write(prompt(session, "the first prompt"))
            left = int(weight * scale)
            while left > 0:
                # Whole lines only: what is cut off at the end is made a line of its own.
                file.write(block[:left].rpartition(b"\n")[0] + b"\n")
                left -= len(block)
            ending, last = _last_turn(session, number, chance)
            file.write(last)
        endings[str(path)] = ending
    return endings


def write_mixed(root: Path, captures: Mapping[str, Sequence[Path]], *, files: int, megabytes: int) -> dict[str, str]:
    """Write logs of several agents, each a recorded session of its agent over and over; returns whose each is, by path.

    *captures* are recorded sessions, by agent. Sizes are spread as above; the last line is always a whole one.
    """
    chance = random.Random(11)
    weights = [chance.lognormvariate(0.0, 1.2) for _ in range(files)]
    scale = megabytes * 1024 * 1024 / sum(weights)
    kinds = sorted(captures)
    whose: dict[str, str] = {}
    for number, weight in enumerate(weights):
        kind = kinds[number % len(kinds)]
        session = captures[kind][number // len(kinds) % len(captures[kind])].read_bytes()
        folder = root / kind / f"{number % 40}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{number:08d}-0000-4000-8000-000000000000.jsonl"
        path.write_bytes(session * max(1, int(weight * scale / len(session))))
        whose[str(path)] = kind
    return whose


def prompt(session: str, said: str) -> bytes:
    """A person's prompt."""
    return _line(session, "user", {"role": "user", "content": said}, promptSource="typed", origin={"kind": "human"})


def call(session: str, number: str, command: str) -> bytes:
    """The agent uses a tool."""
    use = {"type": "tool_use", "id": number, "name": "Bash", "input": {"command": command}}
    return _answer(session, use, "tool_use")


def write_call(session: str, number: str, path: str) -> bytes:
    """The agent writes a file."""
    use = {"type": "tool_use", "id": number, "name": "Write", "input": {"file_path": path, "content": "x"}}
    return _answer(session, use, "tool_use")


def result(session: str, number: str, size: int) -> bytes:
    """A tool's result."""
    block = {"type": "tool_result", "tool_use_id": number, "content": "r" * size}
    return _line(session, "user", {"role": "user", "content": [block]})


def words(session: str, said: str) -> bytes:
    """The agent's last words of a turn."""
    return _answer(session, {"type": "text", "text": said}, "end_turn")


def _answer(session: str, block: dict[str, object], stop: str) -> bytes:
    message = {"id": "m", "role": "assistant", "model": "a-model", "stop_reason": stop, "content": [block]}
    return _line(session, "assistant", message)


def _line(session: str, kind: str, message: dict[str, object], **more: object) -> bytes:
    record = {
        **_ENVELOPE,
        "type": kind,
        "message": {**message, "usage": _USAGE},
        "timestamp": AT,
        "sessionId": session,
    }
    return json.dumps({**record, "sessionId": session, **more}, separators=(",", ":")).encode() + b"\n"


def _filler(chance: random.Random) -> bytes:
    lines: list[bytes] = []
    size = 0
    while size < _BLOCK:
        number = f"toolu_{len(lines)}"
        length = min(1_200_000, int(chance.lognormvariate(7.0, 1.6)))
        for line in (call("x", number, "make test"), result("x", number, length), words("x", "done " * 40)):
            lines.append(line)
            size += len(line)
    return b"".join(lines)


def _last_turn(session: str, number: int, chance: random.Random) -> tuple[Ending, bytes]:
    weight = chance.random()
    size = 6_000 if weight < 0.85 else 40_000 if weight < 0.97 else 190_000
    parts = [prompt(session, f"prompt {number}")]
    for step in range(4):
        parts += [call(session, f"t{step}", "make test"), result(session, f"t{step}", size // 4)]
    title = {"type": "ai-title", "aiTitle": f"Title {number}", "sessionId": session}
    parts.append(json.dumps(title).encode() + b"\n")
    if number % 3 == 0:
        parts.append(call(session, "open", "rm -r build"))
        return Ending(is_finished=False, open_calls=("open",)), b"".join(parts)
    parts.append(words(session, "All done."))
    return Ending(is_finished=True), b"".join(parts)
