"""Set up this checkout and do one thing with it. Any Python 3 can read this file; 3.11 or newer is needed to go on."""

import ctypes
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

USAGE = """usage: python3 packaging/dev.py COMMAND [ARGUMENT...]

  run     start the tray (without a display: follow the sessions in this terminal)
  demo    start it with a scripted set of sessions, in a home of its own
  test    run every check, headless
  bench   measure against the floors
"""
ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LIBRARIES = {  # what Qt loads from the system: soname, then its package for apt, dnf and pacman
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig", "fontconfig"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb", "libx11"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb", "libxcb"),
}
TEST_PROGRAMS = {
    "tmux": "tmux",
    "dbus-run-session": "dbus",
    "dbus-daemon": "dbus-daemon",
    "Xvfb": "xvfb",
    "xfwm4": "xfwm4",
    "xdotool": "xdotool",
    "xprop": "x11-utils",
    "xterm": "xterm",
    "screen": "screen",
    "kitty": "kitty",
}


def say(text):
    print("dev.py: " + text, file=sys.stderr, flush=True)


def works(*command):
    try:
        quiet = subprocess.DEVNULL
        return subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet).returncode == 0
    except OSError:
        return False


def require_python():
    if sys.version_info >= (3, 11):
        return
    for minor in (14, 13, 12, 11):
        newer = shutil.which("python3.%d" % minor)
        if newer and works(newer, "-c", "import venv"):
            os.execv(newer, [newer] + sys.argv)
    sys.exit("dev.py: Agent Tray needs Python 3.11 or newer, and this is %d.%d." % sys.version_info[:2])


def apt_install(packages):
    """Install from Debian's or Ubuntu's archive where we may; tell whether it worked."""
    if not packages or not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    say("installing " + " ".join(packages))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends"] + packages
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def loads(soname):
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def ensure_libraries():
    """Find what Qt would die without, before it does."""
    missing = [soname for soname in LIBRARIES if not loads(soname)] if sys.platform == "linux" else []
    if not missing or (apt_install([LIBRARIES[soname][0] for soname in missing]) and all(map(loads, missing))):
        return
    say("Qt needs these system libraries: " + ", ".join(missing))
    for column, command in enumerate(("apt-get install", "dnf install", "pacman -S")):
        if shutil.which(command.split()[0]):
            say("install them with:  sudo " + command + " " + " ".join(sorted({LIBRARIES[s][column] for s in missing})))
    sys.exit(1)


def make_venv(uv):
    """Make the environment anew; ours alone, so nothing of the person's is touched."""
    if uv and works(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)):
        return
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if not works(*command) and not (apt_install(["python3-venv"]) and works(*command)):
        sys.exit("dev.py: cannot make .venv; on Debian and Ubuntu:  sudo apt-get install python3-venv")


def ensure_venv(with_checks):
    files = [ROOT / "packaging" / "requirements.txt"]
    files += [ROOT / "packaging" / "requirements-dev.txt"] if with_checks else []
    content = (
        b"".join(file.read_bytes() for file in files) + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    )
    mark = hashlib.sha256(content + sys.version.encode()).hexdigest()
    stamp = VENV / ("agent-tray-%s.stamp" % ("checks" if with_checks else "run"))
    if stamp.is_file() and stamp.read_text() == mark and works(str(PYTHON), "-c", "import desktop"):
        return
    uv = shutil.which("uv")
    uv = uv if uv and works(uv, "--version") else None
    if not works(str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
        make_venv(uv)
    say("installing what %s; this is done once" % ("the checks need" if with_checks else "the program needs"))
    # uv knows nothing of pip's own configuration (a mirror, a proxy), so pip has the last word.
    if not (uv and install([uv, "pip", "install", "--quiet", "--python", str(PYTHON)], files)):
        if not works(str(PYTHON), "-m", "pip", "--version"):
            make_venv(None)
        if not install([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"], files):
            sys.exit("dev.py: the packages could not be installed; what failed is said above.")
    stamp.write_text(mark)


def install(installer, files):
    pinned = [word for file in files for word in ("-r", str(file))]
    ourselves = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    return all(
        subprocess.run(installer + words, stdin=subprocess.DEVNULL).returncode == 0
        for words in (["--require-hashes"] + pinned, ourselves)
    )


def main():
    require_python()
    command, rest = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if command not in ("run", "demo", "test", "bench"):
        print(USAGE, end="")
        sys.exit(0 if command in ("-h", "--help", "help") else 2)
    has_display = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if has_display or command != "run":  # following the sessions in a terminal needs no Qt
        ensure_libraries()
    ensure_venv(with_checks=command in ("test", "bench"))
    if command in ("test", "bench"):
        if not has_display:
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        apt_install(sorted({package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)}))
        target = "tests/check.py" if command == "test" else "packaging/bench"
        words = [str(PYTHON), str(ROOT / target)] + rest
    else:
        words = [str(BIN / "agent-tray")] + (["demo"] if command == "demo" else []) + rest
        if command == "run" and not has_display and not rest:
            say("no display here (neither DISPLAY nor WAYLAND_DISPLAY is set): following the sessions in this terminal")
            words = [str(BIN / "agent-tray"), "watch"]
    if os.name == "nt":
        sys.exit(subprocess.run(words).returncode)
    os.execv(words[0], words)


if __name__ == "__main__":
    main()
