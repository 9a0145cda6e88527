"""What to be afraid of in a command, and the words that give it away.

The patterns see the whole text without its quotes; the programs are looked up where a call begins.
"""

import re
from functools import cache

RECURSIVE = "deletes recursively"
DISCARDS = "throws work away"
PRIVILEGE = "takes privilege"
DOWNLOADED = "runs what it downloads"
FORCES = "rewrites what others pulled"
DISKS = "writes disks"
CREDENTIALS = "touches credentials"
HIDDEN = "runs more than can be read"
STOPS = "stops other programs"
OUTSIDE = "writes outside the session's directory"
LASTS = "stays behind"
FOUND = "runs or deletes what it finds"
ELSEWHERE = "reaches other machines"
UNCLEAR = "cannot be taken apart"

_WORDS: dict[str, tuple[str, ...]] = {
    RECURSIVE: (r"\brm\b[^\n;|&]*\s(-\w*r|--r)", r"\b(rd|rmdir|del|erase)\b.*\s/s\b", r"remove-item|rmtree"),
    FOUND: (
        r"\brsync\b.*--del",
        r"\bfind\b.*\s-(delete|exec\w*|ok\w*|fprint\w*|fls)\b",
        r"\bfd(find)?\b.*\s(-x|--exec)",
        r"\b(xargs|parallel)\b",
    ),
    DISCARDS: (
        r"\bgit\b.*\b(clean|restore|filter-branch|filter-repo|update-ref)\b",
        r"\bgit\b.*\breset\b.*--h",
        r"\bgit\b.*\bcheckout\b.*(\s--(\s|$)|\s\.(\s|/|$)|\s-\w*f|--force)",
        r"\bgit\b.*\bswitch\b.*(\s-\w*f|--(force|disc))",
        r"\bgit\b.*\b(stash\s+(drop|clear)|reflog\s+(expire|delete)|gc\b.*--prune|worktree\s+remove)",
        r"\bgit\b.*\b(branch|tag)\b.*(\s-\w*[df]|--(del|force))",
    ),
    FORCES: (r"\bgit\b.*\bpush\b.*(\s-\w*[fd]|--f|--del|--mir|--pr|\s\+\S|\s:\S)",),
    PRIVILEGE: (
        r"\b(sudo|doas|su|pkexec|runuser|run0|setcap|visudo|runas|gosu|newgrp)\b",
        r"\bchmod\b.*(\s-\w*r|--rec|[ugoa]*[+=]\w*s\b|\b[2-7]\d{3}\b|\b\d?[0-7]?[67]{2}\b)",
        r"\b(chown|chgrp|chattr)\b",
    ),
    DOWNLOADED: (
        r"\b(curl|wget|fetch|aria2c|nc|ncat|netcat|iwr|invoke-webrequest)\b.*\|",
        r"\b(curl|wget)\b.*[;&\n].*\b(ba|z|da|k|fi|c|tc)?sh\b",
        r"\b(pipx\s+run|(pnpm|yarn)\s+dlx|npm\s+(exec|x|init|create))\b",
    ),
    DISKS: (
        r"\b(mkfs\S*|dd|fdisk|wipefs|shred|blkdiscard)\b|\bformat\s+[a-z]:",
        r"(?<![\w.])/dev/(?!(null|stdin|stdout|stderr|tty|zero|urandom|random|fd/\d)\b)",
        r"(>|\bof=)\s*/(proc|sys)/",
    ),
    CREDENTIALS: (
        r"\.(ssh|gnupg|aws|azure|kube|docker|netrc|npmrc|pypirc|pgpass|git-credentials|env|pem|p12)\b",
        r"\bid_(rsa|ed25519|ecdsa|dsa)|/etc/(shadow|sudoers|gshadow)|/proc/[^/\s]+/(environ|mem)",
        r"credential|secret|passw|token|api_?key|\bkeychain\b|\bsecurity\s+find",
    ),
    HIDDEN: (
        r"\bgit\b.*(\s-c\b|\bconfig\b|--exec|--upload-pack|--receive-pack|\bforeach\b|\bbisect\s+run\b|--ext)",
        r"\bgit\b.*(\brebase\b.*\s-\w*x|\bdifftool\b)",
        r"\beval\b|\bbase(64|32)\b|\\x[0-9a-f]{2}",
        r"\bawk\b.*(system|getline|[>|])",
        r"\bsed\b.*(/[gpim\d]*[ew]\b|[\s;{\d][ew]\s)",
        r"\btar\b.*(--to-c|--checkpoint-a|--use-c|\s-\w*i\b)",
        r"\b\w+\s*\(\s*\)",  # a function, perhaps of a harmless program's name
    ),
    STOPS: (r":\s*\(\s*\)|\b(kill|killall|pkill|taskkill|shutdown|reboot|poweroff|init\s+[06])\b",),
    LASTS: (
        r"\b(crontab|systemctl|systemd-run|launchctl|schtasks|reg\s+add)\b",
        r"\.(bash|zsh|z?profile|login|xinit|xsession|tmux|vimrc|gitconfig)|authorized_keys|autostart|\.git/",
    ),
    ELSEWHERE: (
        r"\bcurl\b.*\s(-\w*[dft]\b|-x\s*(post|put|patch|delete)|--(data|form|json|upload|request))",
        r"\bwget\b.*--(post|body|method)",
        r"\b(npm|yarn|pnpm|cargo|poetry|uv|gem|twine|hatch|flit)\b.*\b(publish|upload|push|unpublish|yank)\b",
    ),
}


@cache
def patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each with what to fear where it is found; compiled when the first command is judged, for that takes 3 ms."""
    return tuple((re.compile("|".join(words), re.IGNORECASE | re.DOTALL), fear) for fear, words in _WORDS.items())


_PROGRAMS: dict[str, str] = {
    PRIVILEGE: "docker podman nsenter unshare chroot mount umount modprobe insmod sysctl useradd usermod sg passwd",
    DOWNLOADED: "npx bunx uvx iex bpx",
    DISKS: "sfdisk gdisk parted mkswap diskutil hdparm format",
    CREDENTIALS: "printenv ssh-add ssh-keygen gpg gpg2 keyctl secret-tool security",
    HIDDEN: "alias trap function source enable hash bind eval openssl xxd uudecode hexdump gdb expect",
    STOPS: "kill killall pkill skill taskkill shutdown reboot halt poweroff",
    LASTS: "at batch loginctl reg",
    ELSEWHERE: "ssh scp sftp telnet socat nc ncat netcat rclone kubectl helm terraform ansible aws gcloud az gh",
}
FEAR_BY_PROGRAM: dict[str, str] = {name: fear for fear, names in _PROGRAMS.items() for name in names.split()}
