"""Records of a conversation log, one JSON object a line: only what is used of them is ever decoded."""

import re

import msgspec

from desktop.formats.foreign_json import mended

NOTHING = msgspec.Raw()


class Block(msgspec.Struct):
    """A piece of a message: text, a tool call, a tool's result."""

    type: str = ""
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING
    tool_use_id: str | None = None
    is_error: bool | None = None
    content: msgspec.Raw = NOTHING


class Message(msgspec.Struct):
    """What went to the model or came from it."""

    content: str | list[Block] = ""
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None


class Origin(msgspec.Struct):
    """Who put a message in."""

    kind: str | None = None


class Record(msgspec.Struct, rename="camel"):
    """One line."""

    type: str = ""
    subtype: str | None = None
    timestamp: str | None = None
    is_sidechain: bool | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    is_api_error_message: bool | None = None
    message: Message | None = None
    origin: Origin | None = None
    prompt_source: str | None = None
    cwd: str | None = None
    git_branch: str | None = None
    version: str | None = None
    slug: str | None = None  # names the file that the session's plan is kept in
    tool_denial_kind: str | None = None
    tool_use_result: msgspec.Raw = NOTHING
    content: str | None = None
    custom_title: str | None = None
    agent_name: str | None = None
    ai_title: str | None = None
    summary: str | None = None
    last_prompt: str | None = None


TITLES = ("summary", "ai-title", "agent-name", "custom-title")  # the best last
_TOLD = frozenset({b"user", b"assistant", b"system", b"queue-operation", b"last-prompt", *(t.encode() for t in TITLES)})

# Metadata records open with their type, and some are 80 kB each; records of the conversation say near their head
# whether they are an attachment or a subagent's. Inside a string every quote is escaped, so that none can be forged.
NEAR = 160
_HEAD = re.compile(rb'\s*\{\s*"type"\s*:\s*"([a-z-]{1,40})"')
_CONVERSATION = b'{"parentUuid"'
ATTACHMENT = b'"attachment":{'
SIDECHAIN = b'"isSidechain":true'
_DECODER = msgspec.json.Decoder(Record)


def is_told(kind: bytes) -> bool:
    """Whether records of this type tell anything."""
    return kind in _TOLD


def means_nothing(line: bytes) -> bool:
    """Whether the head of a line tells that it need not be decoded."""
    near = line[:NEAR]
    if not near.startswith(_CONVERSATION) and (head := _HEAD.match(near)):
        return head[1] not in _TOLD
    return ATTACHMENT in near or SIDECHAIN in near or not near.strip()


def decode(line: bytes) -> Record:
    """Read one line; raises one of ``foreign_json.BAD_JSON`` when it is no record."""
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _DECODER.decode(mended(line))
