"""What a command could do at worst, judged conservatively from its text alone. Never a reason to allow or deny."""

import re

# Each pattern with the words that say what is feared. A false alarm costs a click on "Review…"; a miss costs more.
_FEARS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\brm\b[^\n;|&]*(\s-\w*[rR]|\s--recursive)"), "deletes recursively"),
    (re.compile(r"\bfind\b.*\s-(delete|exec\w*|ok\w*)\b", re.DOTALL), "runs or deletes what it finds"),
    (re.compile(r"\bgit\s+clean\b|\bgit\s+reset\s+--hard\b|\bgit\s+checkout\s+(--\s+)?\."), "throws work away"),
    (re.compile(r"\b(sudo|doas|su|pkexec|runuser|setcap|visudo)\b|\bchmod\b.*[ugo+]*s\b|\bchown\b"), "takes privilege"),
    (
        re.compile(r"\b(curl|wget|fetch|nc|ncat)\b.*\|.*\b(ba|z|da|k|fi)?sh\b|\b(ba|z|da)?sh\b\s+<\(", re.DOTALL),
        "runs what it downloads",
    ),
    (
        re.compile(r"\bgit\s+push\b.*(\s-f\b|--force|--delete|--mirror|\s\+\S)", re.DOTALL),
        "rewrites what others pulled",
    ),
    (
        re.compile(r"\b(mkfs\S*|dd|fdisk|parted|wipefs|shred|blkdiscard|mkswap)\b|/dev/(sd|nvme|disk|hd|vd)"),
        "writes disks",
    ),
    (
        re.compile(
            r"\.(ssh|gnupg|aws|kube|netrc|npmrc|pypirc)\b|\bid_(rsa|ed25519)\b|/etc/(shadow|sudoers)|\bcredentials\b"
            r"|\.env\b|\bsecret|\bpasswd\b|\btoken\b",
            re.IGNORECASE,
        ),
        "touches credentials",
    ),
    (re.compile(r"\beval\b|\bbase64\b.*\|", re.DOTALL), "runs hidden text"),
    (re.compile(r":\s*\(\s*\)\s*\{|\bkillall\b|\bpkill\b|\bshutdown\b|\breboot\b|\bhalt\b"), "stops other programs"),
    (re.compile(r"(>>?|\btee\b(\s+-\w+)*)\s*(~|\$HOME|/(?!dev/null|tmp/))"), "writes outside the session's directory"),
    (re.compile(r"\bcrontab\b|\bsystemctl\b|\bat\s+now\b|\.bashrc|\.profile|\.zshrc|authorized_keys"), "stays behind"),
)

# Programs that only read, with options that keep it so; anything else in the line makes it "not only reading".
_READERS = frozenset(
    (
        *("ls", "pwd", "cat", "head", "tail", "wc", "stat", "file", "du", "df", "date", "whoami", "id", "uname"),
        *("which", "echo", "printf", "true", "test", "basename", "dirname", "realpath", "readlink", "sort", "uniq"),
        *("cut", "grep", "rg", "diff", "cmp", "tree"),
    )
)
_GIT_READERS = frozenset(("status", "log", "diff", "show", "branch", "blame", "describe", "rev-parse", "ls-files"))
_SHELL_SIGNS = re.compile(r"[;|&$`\\<>(){}\n\r\"'*?\[\]!#~]")


def fears(command: str) -> tuple[str, ...]:
    """Name what *command* could do that nobody should allow in passing; empty when nothing was found."""
    found = [words for pattern, words in _FEARS if pattern.search(command)]
    return tuple(dict.fromkeys(found))


def writes_outside(path: str, cwd: str) -> bool:
    """Whether *path* lies outside *cwd*; an unclear one does."""
    if not cwd or not path:
        return True
    parts: list[str] = []
    whole = path if path.startswith("/") else f"{cwd}/{path}"
    for part in whole.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return not ("/" + "/".join(parts) + "/").startswith(cwd.rstrip("/") + "/")


def only_reads(command: str) -> bool:
    """Whether *command* is one plain call of a program known to read and no more."""
    if len(command) > 160 or not command.isascii() or _SHELL_SIGNS.search(command):
        return False
    words = command.split()
    if not words:
        return False
    if words[0] == "git":
        return len(words) > 1 and words[1] in _GIT_READERS and not any(w.startswith(("-c", "--output")) for w in words)
    return words[0] in _READERS and not any(word.startswith(("--output", "-o")) for word in words[1:])
