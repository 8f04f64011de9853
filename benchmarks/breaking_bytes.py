"""Ways to break any file or folder, each drawn at random: what transfers, disks and people do to data."""

import os
import random
import shutil
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Break = Callable[[Path, random.Random], object]

STANDINS: Final = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234567\n",
    b"/annex/objects/MD5-s553088--0cc175b9c0f1b6a831c399e269772661.npy\n",
    b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
    b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>",
    b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    b"PK\x05\x06" + bytes(18),
    b"\x89HDF\r\n\x1a\n" + bytes(40),
    b"\x93NUMPY\x01\x00\x05\x00{\n\n",
    b"hello",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf",
    b"[" * 100_000,
    b"NaN",
    b"\n",
)
"""What lies where a file should be: pointers, web pages, pickles, beginnings of other formats, nonsense."""


@dataclass(frozen=True)
class Damage:
    """One way to break things. unseen: nothing can tell the result from data that are as they should be."""

    name: str
    do: Break
    unseen: bool = False


def truncate(path: Path, dice: random.Random) -> None:
    """Cut a file short, anywhere."""
    content = path.read_bytes()
    path.write_bytes(content[: dice.randrange(len(content))] if content else b"")


def empty(path: Path, dice: random.Random) -> None:
    """Leave a file of 0 bytes."""
    path.write_bytes(b"")


def flip(path: Path, dice: random.Random) -> None:
    """Flip a few bits, anywhere."""
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 1, 1, 8, 64))):
        if content:
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def flip_start(path: Path, dice: random.Random) -> None:
    """Flip one bit near the start, where formats say what they are."""
    content = bytearray(path.read_bytes())
    if content:
        content[dice.randrange(min(len(content), 160))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def zero(path: Path, dice: random.Random) -> None:
    """Fill a stretch with zeros, as an interrupted copy does."""
    content = bytearray(path.read_bytes())
    first = dice.randrange(len(content)) if content and dice.random() < 0.7 else 0
    last = dice.randint(first, len(content))
    content[first:last] = bytes(last - first)
    path.write_bytes(content)


def append(path: Path, dice: random.Random) -> None:
    """Put something behind the end."""
    with path.open("ab") as stream:
        stream.write(dice.randbytes(dice.randint(1, 4000)))


def replace(path: Path, dice: random.Random) -> None:
    """Put something else in its place."""
    path.write_bytes(dice.choice(STANDINS) if dice.random() < 0.8 else dice.randbytes(dice.randint(1, 3000)))


def swap(path: Path, dice: random.Random) -> None:
    """Put another file of the same tree in its place."""
    others = sorted(other for other in path.parents[dice.randint(0, 2)].rglob("*") if other.is_file())
    others = [other for other in others if other != path]
    path.write_bytes(dice.choice(others).read_bytes() if others else b"")


def remove(path: Path, dice: random.Random) -> None:
    """Take it away."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def make_folder(path: Path, dice: random.Random) -> None:
    """Leave a folder in place of the file."""
    path.unlink()
    path.mkdir()


def make_file(path: Path, dice: random.Random) -> None:
    """Leave a file in place of the folder."""
    shutil.rmtree(path)
    path.write_bytes(dice.choice(STANDINS))


def link(path: Path, dice: random.Random) -> None:
    """Leave a link: to nothing, to itself, to a device, to the folder it lies in, to a pipe that nobody fills."""
    remove(path, dice)
    target = dice.choice(("nowhere", path.name, "/dev/null", "/dev/zero", ".", "..", "pipe"))
    if target == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(target)


def litter(path: Path, dice: random.Random) -> None:
    """Leave things beside it that do not belong there."""
    for name in dice.sample((".DS_Store", "._0.npy", "Thumbs.db", "0 (1).npy", "-1.npy", "٣.npy", "1e3.npy", "²"), 3):
        (path.parent / name).write_bytes(dice.choice(STANDINS))


def rename(path: Path, dice: random.Random) -> None:
    """Give it a name as people and systems do."""
    names = [
        "Mäus 1",
        "マウス",
        "x" * 240,
        "a\nb",
        "\x1b[31mred",
        "-rf",
        "name with 'quotes\"",
        "<b>bold</b>",
        "🐭",
        " ",
    ]
    names += ["M\udce4us", "..."]
    path.rename(path.with_name(dice.choice(names) + (path.suffix if dice.random() < 0.5 else "")))


BYTES: Final = tuple(
    Damage(each.__name__, each, unseen)
    for each, unseen in (
        (truncate, False), (empty, False), (flip, True), (flip_start, True), (zero, True), (append, False),
        (replace, False), (swap, True), (remove, False), (make_folder, False), (link, False), (litter, False),
        (rename, False),
    )
)  # fmt: skip
"""What any file may suffer."""


def word(dice: random.Random) -> str:
    """Return what somebody might type where a name, a number or a path is expected."""
    odd = (
        "",
        " ",
        "-1",
        "0",
        "nan",
        "inf",
        "1e400",
        "9" * 40,
        "x" * 5000,
        "Mäus",
        "\udce4",
        "../..",
        "/dev/null",
        "a\nb",
    )
    return dice.choice((*odd, "".join(dice.choices(string.printable, k=8))))
