"""What a scripted model server sent, in order, for whoever wants to know what is true of an agent."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass


@dataclass
class Sent:
    """One answer of the model."""

    at: float
    step: str
    sent: list[str]
    heard: str = ""  # the end of what the agent had said last
    ended_at: float | None = None  # none: still streaming
    is_cut: bool = False  # the agent hung up in the middle


class Journal:
    """Keeps every answer of one server, whose connections have threads of their own."""

    def __init__(self) -> None:
        self._sent: list[Sent] = []
        self._lock = threading.Lock()

    @contextmanager
    def sending(self, step: str, names: list[str], heard: str = "") -> Iterator[Sent]:
        """Note an answer for as long as it is sent; an agent that hangs up in the middle is no error."""
        sent = Sent(time.time(), step, names, heard[-600:])
        with self._lock:
            self._sent.append(sent)
        try:
            yield sent
        except (BrokenPipeError, ConnectionResetError):
            sent.is_cut = True
        finally:
            sent.ended_at = time.time()

    def told(self) -> list[dict[str, object]]:
        """All of it, oldest first."""
        with self._lock:
            return [asdict(sent) for sent in self._sent]
