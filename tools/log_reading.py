"""Lines of a file, however large, in constant memory: the last part of it where it is too long, unpacked where it is packed."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tools.log_paths import LogFile, Unreadable

MAX_LINE = 65_536
"""Bytes of a line that are looked at; what follows in it is skipped."""

_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Reading:
    """One reading of a file."""

    file: LogFile
    most: int
    """Bytes that may be read, unpacked."""
    read: int = 0
    """Bytes that were read."""
    remark: str = ""
    """What was not read, and why."""
    is_out_of_time: Callable[[], bool] = lambda: False

    def lines(self) -> Iterator[str]:
        """Its lines, oldest first. What cannot be read is told by `remark`."""
        try:
            with self.file.open() as opened:
                packed = opened.read(2) == _GZIP
                opened.seek(0)
                yield from self._unpacked(opened) if packed else self._plain(opened)
        except Unreadable as error:
            self.remark = str(error)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.remark = f"is damaged or cut off behind its first {self.read:,} bytes"
        except OSError as error:
            self.remark = f"cannot be read: {error.strerror or error}"

    def _plain(self, opened: BinaryIO) -> Iterator[str]:
        begin = max(0, self.file.size - self.most)
        opened.seek(begin)
        if self._is_binary(opened, begin):
            return
        if begin:
            self.remark = f"is {self.file.size:,} bytes long; only the last {self.most:,} were read"
            _skip(opened)  # the line that the beginning lies in
        yield from self._each(opened, self.file.size - begin)

    def _unpacked(self, opened: BinaryIO) -> Iterator[str]:
        with gzip.GzipFile(fileobj=opened) as unpacked, io.BufferedReader(unpacked, 262_144) as lines:
            if self._is_binary(lines, 0):
                return
            yield from self._each(lines, self.most)
            if self.read >= self.most:
                self.remark = f"is packed; only its first {self.most:,} bytes were read"

    def _is_binary(self, opened: BinaryIO | io.BufferedReader, begin: int) -> bool:
        if b"\0" in opened.read(4_096):
            self.remark = "is binary, no text"
            return True
        opened.seek(begin)
        return False

    def _each(self, opened: BinaryIO | io.BufferedReader, most: int) -> Iterator[str]:
        while self.read < most and (raw := opened.readline(MAX_LINE)):
            self.read += len(raw)
            if not raw.endswith(b"\n") and len(raw) == MAX_LINE:
                self.read += _skip(opened)
            yield raw.decode("utf-8", "replace").rstrip("\r\n")
            if self.is_out_of_time():
                self.remark = f"took too long; its lines behind byte {self.read:,} were not read"
                return


def _skip(opened: BinaryIO | io.BufferedReader) -> int:
    """Read to the end of the line; the number of bytes."""
    skipped = 0
    while piece := opened.readline(MAX_LINE):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped
