"""Whole lines out of a stream of bytes that may stop anywhere."""

LONGEST_LINE = 1 << 20  # a transcript's longest honest line seen was below 700 kB; past this nothing is kept


class Lines:
    """Splits what is fed into whole lines and keeps a torn end back until the rest arrives.

    A line longer than *longest* is counted in ``oversize`` and skipped up to its newline, so memory stays bounded.
    """

    def __init__(self, longest: int = LONGEST_LINE, *, begins_torn: bool = False) -> None:
        """With *begins_torn* the stream begins inside a line, whose rest is skipped and not counted."""
        self.oversize = 0
        self.consumed = 0
        """Bytes that are done with: where to go on reading after a restart."""
        self._longest = longest
        self._partial = bytearray()
        self._is_skipping = begins_torn

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that *data* completes, without their line ends; empty ones are left out."""
        first, newline, rest = data.partition(b"\n")
        if not newline:
            self._keep_back(data)
            return []
        lines: list[bytes] = []
        if self._is_skipping:
            self._is_skipping = False
        else:
            self._take(bytes(self._partial) + first, lines)
        self.consumed += len(self._partial) + len(first) + 1
        self._partial.clear()
        *whole, torn = rest.split(b"\n")
        for line in whole:
            self._take(line, lines)
        self.consumed += len(rest) - len(torn)
        self._keep_back(torn)
        return lines

    @property
    def is_mid_line(self) -> bool:
        """Whether the stream so far ends inside a line."""
        return self._is_skipping or bool(self._partial)

    def _take(self, line: bytes, lines: list[bytes]) -> None:
        if len(line) > self._longest:
            self.oversize += 1
        elif line := line.removesuffix(b"\r"):
            lines.append(line)

    def _keep_back(self, data: bytes) -> None:
        if not self._is_skipping and len(self._partial) + len(data) <= self._longest:
            self._partial += data
            return
        if not self._is_skipping:
            self.oversize += 1
            self._is_skipping = True
        self.consumed += len(self._partial) + len(data)
        self._partial.clear()
