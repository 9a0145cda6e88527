"""Follow one transcript: only what was appended is read, and only whole lines are handed on."""

import hashlib
import os

from desktop.domain.record import dataclass
from desktop.watchers import own_files

# One poll reads no more than this, so that a file that floods cannot starve the others.
SLICE = 256 * 1024
# A line longer than this is no record that anybody reads; it is counted and skipped.
LONGEST_LINE = 1024 * 1024
# Enough to tell two transcripts apart: their first record holds an id and a time.
PREFIX = 1024
# The bytes before the new ones, read again with them: 2 % of a row of 700 bytes, and it tells a rewritten file.
_ANCHOR = 16


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a transcript was read to, and how to know it again."""

    device: int
    inode: int
    prefix_length: int
    prefix_hash: str
    offset: int  # after the last whole line

    def __post_init__(self) -> None:
        # It comes back from a disk: TypeError for what was never ours.
        if not all(isinstance(number, int) for number in (self.device, self.inode, self.prefix_length, self.offset)):
            raise TypeError("a checkpoint is made of whole numbers")
        if not isinstance(self.prefix_hash, str):
            raise TypeError("a checkpoint's hash is text")


class Tail:
    """Reads what is appended to a file, over truncation, replacement and rotation.

    *generation* grows when the bytes that follow belong to another text than those before. The lines of a poll belong
    to the generation before it.
    """

    def __init__(self, path: str, checkpoint: Checkpoint | None = None) -> None:
        self.path = path
        self.generation = 0
        self.has_more = False
        self.oversize = 0
        self.bytes_read = 0
        self._resume = checkpoint
        self._descriptor: int | None = None
        self._position = 0
        self._partial = bytearray()
        self._is_skipping = False
        self._anchor = b""
        self._prefix = b""
        self._verified_size = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a file to follow."""
        return self._descriptor is not None

    @property
    def descriptor(self) -> int | None:
        """The open file, for a first look back."""
        return self._descriptor

    def open(self) -> bool:
        """Open the file if it is there and ours; say whether it is open now."""
        if self._descriptor is None:
            try:
                self._descriptor, status = own_files.open_own(self.path)
            except OSError:
                return False
            self._prefix = self._read_at(PREFIX, 0)
            self._begin(status)
        return True

    def begin_at(self, offset: int, *, is_inside_line: bool = False) -> None:
        """Go on at *offset*; what is left of a line there is passed over."""
        self._position = offset
        self._partial.clear()
        self._is_skipping = is_inside_line
        self._anchor = b""

    def poll(self) -> list[bytes]:
        """Whole new lines, from one slice at most; *has_more* says that there is more to read at once."""
        self.has_more = False
        if not self.open():
            return []
        assert self._descriptor is not None
        status = os.fstat(self._descriptor)
        if status.st_size < self._position:
            self._start_over(status.st_size)
            self.has_more = True
            return []
        if status.st_size > self._position:
            return self._read_lines(status.st_size)
        self.look_for_successor()
        return []

    def look_for_successor(self) -> None:
        """See whether another file has taken the name; call after lines were handed on, which nothing should delay."""
        if self._descriptor is None or self.has_more or not self._is_replaced(os.fstat(self._descriptor)):
            return
        self.close()
        # What is now under this name is another text, even if it begins alike.
        self.generation += 1
        self._reset()
        self.has_more = self.open()

    def verify(self) -> None:
        """See whether the file's head is still what it was; if not, begin again. Reads nothing of an unchanged file."""
        if self._descriptor is None:
            return
        size = os.fstat(self._descriptor).st_size
        if size == self._verified_size:
            return
        self._verified_size = size
        head = self._read_at(PREFIX, 0)
        if head.startswith(self._prefix):
            self._prefix = head
        else:
            self._prefix = head
            self._start_over(size)
            self.has_more = True

    def checkpoint(self) -> Checkpoint | None:
        """What to keep for the next start; None while there is no file."""
        if self._descriptor is None:
            return None
        status = os.fstat(self._descriptor)
        return Checkpoint(
            device=status.st_dev,
            inode=status.st_ino,
            prefix_length=len(self._prefix),
            prefix_hash=hashlib.sha256(self._prefix).hexdigest(),
            offset=self._position - len(self._partial),
        )

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _begin(self, status: os.stat_result) -> None:
        checkpoint, self._resume = self._resume, None
        self._verified_size = status.st_size
        if checkpoint is None:
            self._skip_to_tail(status.st_size)
            return
        if (
            (checkpoint.device, checkpoint.inode) == (status.st_dev, status.st_ino)
            and checkpoint.offset <= status.st_size
            and hashlib.sha256(self._prefix[: checkpoint.prefix_length]).hexdigest() == checkpoint.prefix_hash
        ):
            self._position = checkpoint.offset
        else:
            self.generation += 1
            self._skip_to_tail(status.st_size)

    def _is_replaced(self, status: os.stat_result) -> bool:
        try:
            named = os.stat(self.path, follow_symlinks=False)
        except OSError:
            # Deleted, or for a moment not there; a new file under this name is found by a later poll.
            return False
        return (named.st_dev, named.st_ino) != (status.st_dev, status.st_ino) and own_files.is_own(named)

    def _start_over(self, size: int) -> None:
        self.generation += 1
        self._reset()
        self._prefix = self._read_at(PREFIX, 0)
        self._skip_to_tail(size)

    def _reset(self) -> None:
        self._position = 0
        self._partial.clear()
        self._is_skipping = False
        self._anchor = b""

    def _skip_to_tail(self, size: int) -> None:
        # Of a text never read before only the last part counts; a large one is not replayed.
        if size > SLICE:
            self._position = size - SLICE
            self._is_skipping = True

    def _read_at(self, size: int, offset: int) -> bytes:
        assert self._descriptor is not None
        data = own_files.read_at(self._descriptor, size, offset)
        self.bytes_read += len(data)
        return data

    def _read_lines(self, size: int) -> list[bytes]:
        back = len(self._anchor)
        wanted = min(SLICE, size - self._position)
        data = self._read_at(back + wanted, self._position - back)
        if not data.startswith(self._anchor):
            self._start_over(size)
            self.has_more = True
            return []
        self._position += len(data) - back
        self._anchor = data[-_ANCHOR:]
        self.has_more = len(data) > back and self._position < size
        return self._split(data[back:] if back else data)

    def _split(self, chunk: bytes) -> list[bytes]:
        if not self._partial and not self._is_skipping and chunk.find(b"\n") == len(chunk) - 1:
            return [chunk[:-1]] if len(chunk) > 1 else []  # one row, and no more
        head, newline, rest = chunk.partition(b"\n")
        if not newline:
            self._keep(chunk)
            return []
        lines: list[bytes] = []
        if self._is_skipping:
            self._is_skipping = False
        else:
            lines.append(bytes(self._partial) + head)
        self._partial.clear()
        whole, last_newline, torn = rest.rpartition(b"\n")
        if last_newline:
            lines.extend(whole.split(b"\n"))
        self._keep(torn)
        return [line for line in lines if line]

    def _keep(self, torn: bytes) -> None:
        if self._is_skipping:
            return
        self._partial += torn
        if len(self._partial) > LONGEST_LINE:
            self._partial.clear()
            self._is_skipping = True
            self.oversize += 1
