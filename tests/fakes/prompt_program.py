"""A program with a prompt, as agents draw it: takes bracketed pastes, and writes down what it was sent.

``prompt_program.py LOG [dialog] [bare]``: one JSON string a line; the first is its process id. *bare* is without a hint
at its prompt.
"""

import json
import os
import sys
import termios
import tty

MARK = "❯\u00a0"


def draw(text: str, *, is_dialog: bool) -> None:
    shown = text.split("\n")[0][:60]
    hint = "" if text or "bare" in sys.argv[2:] else "\x1b[2mTry something\x1b[0m"
    body = "Do you want this?\r\n❯ 1. Yes\r\n  2. No" if is_dialog else f"\x1b[38;5;2m{MARK}\x1b[0m{shown}{hint}"
    os.write(1, f"\x1b[2J\x1b[H{body}\r\n-----\r\n".encode())


def main() -> None:
    is_dialog = "dialog" in sys.argv[2:]
    tty.setraw(0, termios.TCSANOW)
    with open(sys.argv[1], "a") as log:

        def note(entry: str) -> None:
            print(json.dumps(entry), file=log, flush=True)

        os.write(1, b"\x1b[?2004h")
        text, pending, is_pasting = "", b"", False
        draw(text, is_dialog=is_dialog)
        note(str(os.getpid()))
        while got := os.read(0, 65536):
            pending += got
            while pending:
                if pending.startswith(b"\x1b[200~"):
                    is_pasting, pending = True, pending[6:]
                elif pending.startswith(b"\x1b[201~"):
                    is_pasting, pending = False, pending[6:]
                elif pending.startswith(b"\x1b[20") and len(pending) < 6:
                    break
                elif pending[:1] == b"\r" and not is_pasting:
                    note(text)
                    text, pending = "", pending[1:]
                elif pending[:1] == b"\x1b":
                    note("ESC")
                    pending = pending[1:]
                else:
                    ends = [at for at in (pending.find(b"\x1b"), pending.find(b"\r")) if at > 0]
                    end = min(ends, default=len(pending))
                    # Terminals paste a line break as a return.
                    text += pending[:end].decode("utf-8", "replace").replace("\r", "\n")
                    pending = pending[end:]
            draw(text, is_dialog=is_dialog)


if __name__ == "__main__":
    main()
