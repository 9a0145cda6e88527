"""Server-sent events out of a stream of bytes, however it is cut."""

MOST_BYTES = 16 << 20
"""Of one event. The largest that agents send hold the difference of a whole file."""


class TooLong(ValueError):
    """An event that never ends."""


class EventStream:
    """Feed bytes, get the data of whole events."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take *chunk*; return the data of every event that is whole now. Raises TooLong."""
        events: list[bytes] = []
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            line = bytes(self._line + part).removesuffix(b"\r")
            self._line.clear()
            if not line:
                if self._data:
                    events.append(b"\n".join(self._data))
                self._data, self._size = [], 0
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
                self._size += len(line)
                self._check()
        self._line += rest
        self._check()
        return events

    def _check(self) -> None:
        if self._size + len(self._line) > self._most_bytes:
            raise TooLong("an event of the server never ends")
