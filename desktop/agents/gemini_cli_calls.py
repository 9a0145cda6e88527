"""What calls of tools Gemini CLI tells of, in its log and to its hooks."""

import hashlib
from collections.abc import Mapping

from desktop.domain.ids import AgentKind
from desktop.formats import text
from desktop.formats.foreign_json import text_of

KIND = AgentKind("gemini-cli")
NO_PROMPT_YET = "no prompt was given yet"
QUESTION_TOOL = "ask_user"
WRITING_TOOLS = frozenset({"write_file", "replace", "edit"})


def key_of(tool: str, given: Mapping[str, object], mcp_tool: str = "") -> str:
    """Equal for one call, whether its start, its prompt or its end tells of it; each of them tells something else."""
    match tool:
        case "run_shell_command":
            return hashed("exec", text_of(given, "command"))
        case _ if tool in WRITING_TOOLS:
            return hashed("edit", base_name(text_of(given, "file_path")))
        case "web_fetch":
            return hashed("info", text_of(given, "prompt"))
        case _:
            return hashed("tool", mcp_tool or tool)


def hashed(*parts: str) -> str:
    """A key of these words."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def base_name(path: str) -> str:
    """The name of a file in its folder."""
    return path.replace("\\", "/").rpartition("/")[2]


def activity_of(tool: str, given: Mapping[str, object]) -> str:
    """What the agent does with a call, in words."""
    path = text_of(given, "file_path") or text_of(given, "absolute_path") or text_of(given, "path")
    match tool:
        case "run_shell_command":
            words = f"running {text_of(given, 'command')}"
        case _ if tool in WRITING_TOOLS:
            words = f"writing {path}"
        case "read_file":
            words = f"reading {path}"
        case "web_fetch":
            words = f"fetching {text_of(given, 'prompt')}"
        case _ if tool == QUESTION_TOOL:
            words = "asking"
        case _:
            words = f"using {tool}"
    return text.one_line(words)
