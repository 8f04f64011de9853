"""Unpacking the archive of one recording, and nothing but a recording."""

import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from reverie.foundation.errors import ReverieError
from reverie.foundation.places import require_space
from reverie.foundation.progress import tracked

PIECE = 1 << 20
"""Bytes read at once."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip archive of one animal into ``folder``, which appears only once it is whole.

    The archive holds ``data`` and ``meta`` at its root or inside one folder of any name. Every member is checked
    before anything is written, and against its declared size and checksum while it is written.
    Raises ReverieError when the archive is damaged, would write outside the folder, holds links, is encrypted, holds
    no recording, or does not fit on the disk.
    """
    building = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(building, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            for member in opened.infolist():
                _refuse_unsafe(archive, member)
            require_space(folder, sum(member.file_size for member in members))
            for member in tracked(members, len(members), f"Unpacking {folder.name}"):
                _unpack_member(opened, member, building)
        _recording_inside(archive, building).rename(folder)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise ReverieError(
            f"{archive} is not a whole zip archive ({error}); remove it and download it again."
        ) from error
    except OSError as error:
        raise ReverieError(f"{folder} could not be unpacked ({error.strerror or error}); see {archive}.") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _refuse_unsafe(archive: Path, member: zipfile.ZipInfo) -> None:
    """Raise ReverieError when a member would land outside the folder, is not a plain file, or is encrypted."""
    name = member.filename
    # Archives made on Windows may use its separators; zipfile passes those through elsewhere.
    parts: Sequence[str] = PurePosixPath(name.replace("\\", "/")).parts
    mode = member.external_attr >> 16
    problem = None
    if name.startswith(("/", "\\")) or ":" in (parts[0] if parts else ":"):
        problem = "an absolute path"
    elif ".." in parts:
        problem = "a path that leaves the folder"
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        problem = "a link or a device"
    elif member.flag_bits & 1:
        problem = "encrypted"
    if problem:
        raise ReverieError(f"{archive} holds {name!r}, which is {problem}; it was not unpacked, so check its source.")


def _unpack_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    """Write one file; a member that unpacks to more than it declares is cut off by its checksum."""
    target = folder / PurePosixPath(member.filename.replace("\\", "/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, target.open("xb") as destination:
        shutil.copyfileobj(source, destination, PIECE)
        if destination.tell() != member.file_size:
            raise zipfile.BadZipFile(f"{member.filename} has {destination.tell()} of {member.file_size} bytes")


def _recording_inside(archive: Path, folder: Path) -> Path:
    """Return the unpacked folder that holds ``data``: the root, or the only one of its folders that does."""
    if (folder / "data").is_dir():
        return folder
    inside = [path.parent for path in folder.glob("*/data") if path.is_dir()]
    if len(inside) != 1:
        raise ReverieError(f"{archive} holds no folder 'data', so it is not a recording; check its source.")
    return inside[0]
