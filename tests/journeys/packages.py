"""The real agents, installed by npm beside the checks: exact versions, verified by their lock files."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LATEST = "2.1.330"
OLDER = "2.1.197"
CODEX = "codex-0.169.0"
OPENCODE = "opencode-1.18.33"
OPENCODE_PLUGIN = "opencode-plugin-1.18.33"  # what it would fetch itself at the first start with a new home
GEMINI = "gemini-cli-0.61.0"
QWEN = "qwen-code-0.15.10"
KIMI = "kimi-code-2.1.0"
# Where the program lies, for agents other than the first.
PROGRAMS = {
    CODEX: Path(".bin/codex"),
    OPENCODE: Path("opencode-linux-x64/bin/opencode"),
    OPENCODE_PLUGIN: Path("@opencode-ai/plugin/package.json"),
    GEMINI: Path(".bin/gemini"),
    QWEN: Path(".bin/qwen"),
    KIMI: Path("@moonshot-ai/kimi-code/dist/main.mjs"),
}

ROOT = Path(__file__).resolve().parents[2]
LOCKS = Path(__file__).parent / "agents"
CACHE = ROOT / ".venv" / "agents"
INSTALL_WITHIN_S = 240
# As it was before any test took the home away: npm finds its configuration there.
ENVIRONMENT = dict(os.environ)


class Unavailable(Exception):
    """An agent cannot be had here; the text says why."""


def program_of(version: str) -> Path:
    """The agent's program, installed on first use."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise Unavailable("the agent's packages pinned here are those for Linux on x86-64")
    program = _program(CACHE / version, version)
    if not program.exists():
        _install(version)
    return program


def _program(directory: Path, version: str) -> Path:
    return directory / "node_modules" / PROGRAMS.get(version, Path("@anthropic-ai/claude-code-linux-x64/claude"))


def _install(version: str) -> None:
    npm = shutil.which("npm", path=ENVIRONMENT.get("PATH"))
    if npm is None:
        raise Unavailable("npm is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    # Beside its place, then moved there whole: two runs at once do not meet half an agent.
    fresh = Path(tempfile.mkdtemp(prefix=f"{version}-", dir=CACHE))
    try:
        for lock in (LOCKS / version).iterdir():
            shutil.copy(lock, fresh)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--prefix", str(fresh)],
            cwd=fresh, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=INSTALL_WITHIN_S, check=False,
        )  # fmt: skip
        # Not there is one thing, there and not what was pinned is another.
        assert "EINTEGRITY" not in done.stderr, f"version {version} is not the package of its lock file: {done.stderr}"
        if done.returncode != 0 or not _program(fresh, version).exists():
            raise Unavailable(f"npm could not install version {version}: {done.stderr.strip()[-300:]}")
        shutil.rmtree(CACHE / version, ignore_errors=True)
        fresh.rename(CACHE / version)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"npm did not install version {version} within {INSTALL_WITHIN_S} s") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
