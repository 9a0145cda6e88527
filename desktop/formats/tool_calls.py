"""Tool calls as several agents name them: what a call would do, in full and in our words.

The text of a call leaves nothing out that will run: what has no layout of its own is shown as the whole of its input.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

import msgspec

from desktop.domain.record import dataclass
from desktop.domain.requests import Choice, Question, RequestKind
from desktop.formats import text
from desktop.formats.foreign_json import BAD_JSON, parse_object, text_of

QUESTION_TOOL = "AskUserQuestion"
PLAN_TOOL = "ExitPlanMode"
SUBAGENT_TOOLS = frozenset({"Agent", "Task"})
WRITING_TOOLS = frozenset({"Write", "Edit", "MultiEdit", "NotebookEdit"})

Input = Mapping[str, object]

_SUMMARIES = {
    "Bash": "wants to run a command",
    "Write": "wants to write a file",
    "Edit": "wants to change a file",
    "MultiEdit": "wants to change a file",
    "NotebookEdit": "wants to change a notebook",
    "Read": "wants to read a file",
    "WebFetch": "wants to fetch a web page",
    "WebSearch": "wants to search the web",
}
# Known to change neither what runs nor where; anything else in the input of a command is shown with it.
_HARMLESS_IN_COMMANDS = frozenset({"command", "description", "timeout", "run_in_background"})


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call, ready to become a request."""

    kind: RequestKind
    text: str
    summary: str
    questions: tuple[Question, ...] = ()


class _Shown(msgspec.Struct):
    """All of an input that its line of activity is made of; a file's content need not be read for it."""

    command: str | None = None
    file_path: str | None = None
    notebook_path: str | None = None
    pattern: str | None = None
    url: str | None = None
    query: str | None = None
    description: str | None = None
    subagent_type: str | None = None
    model: str | None = None


_SHOWN = msgspec.json.Decoder(_Shown)


def shown(raw: bytes | msgspec.Raw) -> Input:
    """Read what ``activity`` and ``written_path`` need of an input, for little."""
    try:
        read = _SHOWN.decode(raw)
    except BAD_JSON:
        return parse_object(bytes(raw)) or {}
    return msgspec.structs.asdict(read)


def call_key(tool: str, given: Input) -> str:
    """Equal for the same call, whether a hook or a transcript tells of it."""
    if tool == PLAN_TOOL:
        # The hook's input holds the plan as filed, the transcript's what the model sent; one plan is open at a time.
        canonical = ""
    elif tool == QUESTION_TOOL:
        # Defaults are filled in on the way to the hook; what is asked stays.
        asked = [[q.text, [choice.label for choice in q.choices]] for q in questions(given)]
        canonical = json.dumps(asked)
    else:
        # What is off by default may be filled in on the way, or left out.
        said = {key: value for key, value in given.items() if value is not None and value is not False}
        canonical = pretty(said, indent=None)
    return hashlib.sha256(f"{tool}\0{canonical}".encode("utf-8", "replace")).hexdigest()


def describe(tool: str, given: Input) -> ToolUse:
    """Say what a call asks of the person."""
    if tool == QUESTION_TOOL:
        asked = questions(given)
        if not asked:
            return ToolUse(RequestKind.QUESTION, pretty(given), "asks something that cannot be read here")
        count = "a question" if len(asked) == 1 else f"{len(asked)} questions"
        return ToolUse(RequestKind.QUESTION, _asked_text(asked), f"asks {count}", asked)
    if tool == PLAN_TOOL:
        plan = text_of(given, "plan")
        rest = {key: value for key, value in given.items() if key not in ("plan", "planFilePath")}
        summary = "has a plan" if plan.strip() else "wants to leave plan mode and shows no plan"
        return ToolUse(RequestKind.PLAN, _with_rest(plan, rest), summary)
    return ToolUse(RequestKind.PERMISSION, _full_text(tool, given), _summary(tool, given))


def questions(given: Input) -> tuple[Question, ...]:
    """The questions in a call of the question tool; none when any of them cannot be read."""
    asked = given.get("questions")
    if not isinstance(asked, list):
        return ()
    read: list[Question] = []
    for item in asked:
        match item:
            case {"question": str(question), "options": list(options)} if all(map(_is_choice, options)):
                choices = tuple(Choice(option["label"], text_of(option, "description")) for option in options)
                read.append(Question(question, text_of(item, "header"), choices, item.get("multiSelect") is True))
            case {"question": str(question)} if "options" not in item:
                read.append(Question(question, text_of(item, "header"), (), item.get("multiSelect") is True))
            case _:
                return ()
    return tuple(read)


def activity(tool: str, given: Input, cwd: str = "", repeated: int = 1) -> str:
    """Say in one cleaned line what a call does; *repeated* counts equal tools in a row."""
    path = _relative(text_of(given, "file_path") or text_of(given, "notebook_path"), cwd)
    match tool:
        case "Bash":
            words = f"running {text_of(given, 'command')}"
        case "Read" if repeated > 1:
            words = f"reading {repeated} files"
        case "Read":
            words = f"reading {path}"
        case "Write":
            words = f"writing {path}"
        case "Edit" | "MultiEdit" | "NotebookEdit":
            words = f"editing {path}"
        case "Grep" | "Glob":
            words = f"searching for {text_of(given, 'pattern')}"
        case "WebFetch":
            words = f"fetching {text_of(given, 'url')}"
        case "WebSearch":
            words = f"searching the web for {text_of(given, 'query')}"
        case "Agent" | "Task":
            words = f"starting a subagent: {text_of(given, 'description')}"
        case "TodoWrite" | "TaskCreate" | "TaskUpdate":
            words = "planning its tasks"
        case "AskUserQuestion":
            words = "asking"
        case "ExitPlanMode":
            words = "showing its plan"
        case _:
            words = f"using {tool}"
    return text.one_line(words)


def written_path(tool: str, given: Input) -> str:
    """The file that a call of a writing tool writes; empty for any other."""
    if tool not in WRITING_TOOLS:
        return ""
    return text_of(given, "file_path") or text_of(given, "notebook_path")


def pretty(value: object, indent: int | None = 2) -> str:
    """All of *value* as JSON, the same for the same value."""
    return json.dumps(value, indent=indent, sort_keys=True, ensure_ascii=False)


def _is_choice(option: object) -> bool:
    return isinstance(option, dict) and bool(text_of(option, "label"))


def _summary(tool: str, given: Input) -> str:
    if tool == "Bash" and given.get("dangerouslyDisableSandbox"):
        return "wants to run a command outside its sandbox"
    if tool == "Bash" and given.get("run_in_background"):
        return "wants to run a command in the background"
    return _SUMMARIES.get(tool) or f"wants to use {text.one_line(tool, 60)}"


def _full_text(tool: str, given: Input) -> str:
    match tool, given:
        case "Bash", {"command": str(command)}:
            rest = {key: value for key, value in given.items() if key not in _HARMLESS_IN_COMMANDS}
            return _with_rest(command, rest)
        case "Write", {"file_path": str(path), "content": str(content)} if len(given) == 2:
            return f"{path}\n\n{content}"
        case "Edit", {"file_path": str(path), "old_string": str(old), "new_string": str(new)}:
            rest = {key: given[key] for key in given if key not in ("file_path", "old_string", "new_string")}
            if rest.get("replace_all") is False:
                del rest["replace_all"]
            return _with_rest(f"{path}\n\n{_difference(old, new)}", rest)
        case _:
            return f"{tool}\n\n{pretty(given)}"


def _difference(old: str, new: str) -> str:
    return "\n".join([f"-{line}" for line in _lines(old)] + [f"+{line}" for line in _lines(new)])


def _lines(value: str) -> list[str]:
    return value.removesuffix("\n").split("\n") if value else []


def _with_rest(shown: str, rest: Input) -> str:
    return f"{shown}\n\n{pretty(rest)}" if rest else shown


def _asked_text(asked: Iterable[Question]) -> str:
    blocks = []
    for question in asked:
        lines = [question.text]
        lines += [f"- {c.label}: {c.description}" if c.description else f"- {c.label}" for c in question.choices]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _relative(path: str, cwd: str) -> str:
    root = cwd.rstrip("/") + "/"
    return path[len(root) :] if len(root) > 1 and path.startswith(root) else path
