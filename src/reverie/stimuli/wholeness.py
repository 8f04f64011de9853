"""Checks by a file's own table of contents whether its end is missing, since half a video plays without an error."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from reverie.foundation.errors import ReverieError

SEGMENT = b"\x18\x53\x80\x67"
"""Identifier of the element that holds the whole content of a Matroska or WebM file."""

BOXES = b"ftyp moov mdat wide free skip pnot moof mfra sidx styp uuid meta udta emsg prft pdin".split()
"""The outermost parts of MP4 and QuickTime files."""

UNKNOWN = (0, 0xFFFFFFFF)
"""Lengths that streamed RIFF files declare."""


def require_whole(path: Path) -> None:
    """Raise ReverieError when a video or stack declares more bytes than it has.

    This works for MP4 and QuickTime, Matroska and WebM, AVI and WebP, GIF and TIFF. Other formats, and streamed files
    that declare no length, pass unchecked.
    """
    with path.open("rb") as stream:
        size = path.stat().st_size
        declared = max(_declared(stream, size), default=0)
        unfinished = _is_unfinished_gif(stream, size)
    if declared > size:
        reason = f"it should have at least {declared} bytes but has {size}"
    elif unfinished:
        reason = "the mark that ends every GIF is missing"
    else:
        return
    raise ReverieError(f"{path} is cut short: {reason}; copy or download it again.")


def _declared(stream: IO[bytes], size: int) -> Iterator[int]:
    """Yield the least length of the file, bytes, after each part of its table of contents."""
    start = stream.read(16)
    if start[4:8] in BOXES:
        yield from _ends_of_boxes(stream, size)
    elif start[:4] == b"\x1a\x45\xdf\xa3":
        yield from _end_of_segment(stream)
    elif start[:4] == b"RIFF":
        (length,) = struct.unpack("<I", start[4:8].ljust(4, b"\0"))
        yield 0 if length in UNKNOWN else 8 + length
    elif start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        yield from _ends_of_directories(stream, size)


def _is_unfinished_gif(stream: IO[bytes], size: int) -> bool:
    stream.seek(0)
    if stream.read(3) != b"GIF":
        return False
    stream.seek(max(0, size - 64))
    return not stream.read().rstrip(b"\0").endswith(b";")


def _ends_of_boxes(stream: IO[bytes], size: int) -> Iterator[int]:
    place = 0
    while place + 8 <= size:
        stream.seek(place)
        length, kind = struct.unpack(">I4s", stream.read(8))
        if length == 0 or kind not in BOXES:  # the last box reaches to the end; what is not a box is somebody's trailer
            return
        if length == 1:
            (length,) = struct.unpack(">Q", stream.read(8).ljust(8, b"\0"))
        if length < 8:
            return
        place += length
        yield place


def _end_of_segment(stream: IO[bytes]) -> Iterator[int]:
    stream.seek(0)
    head = stream.read(4096)
    place = head.find(SEGMENT)
    if place < 0 or place + 12 > len(head):
        return
    first = head[place + 4]
    bits = first.bit_length()  # the length is written in 9 - bits bytes, a leading 1 telling how many
    if bits == 0:
        return
    count = 9 - bits
    length = int.from_bytes(head[place + 4 : place + 4 + count], "big") & ((1 << 7 * count) - 1)
    if length != (1 << 7 * count) - 1:  # all ones: it was streamed, its length unknown
        yield place + 4 + count + length


def _ends_of_directories(stream: IO[bytes], size: int) -> Iterator[int]:
    """Follow the chain of pages of a TIFF, each of which says where the next one is."""
    stream.seek(0)
    start = stream.read(16).ljust(16, b"\0")
    order = "<" if start[:2] == b"II" else ">"
    big = start[2:4] in (b"+\0", b"\0+")
    count_kind, place_kind, entry = ("Q", "Q", 20) if big else ("H", "I", 12)
    width = struct.calcsize(count_kind)
    (place,) = struct.unpack_from(order + place_kind, start, 8 if big else 4)
    seen = set()
    while place and place not in seen:
        seen.add(place)
        yield place + width
        if place + width > size:
            return
        stream.seek(place)
        (entries,) = struct.unpack(order + count_kind, stream.read(width))
        following = place + width + entries * entry
        yield following + struct.calcsize(place_kind)
        if following + struct.calcsize(place_kind) > size:
            return
        stream.seek(following)
        (place,) = struct.unpack(order + place_kind, stream.read(struct.calcsize(place_kind)))
