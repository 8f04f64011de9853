"""Downloading and unpacking the public recordings of Sensorium 2023 (licence CC BY-NC-ND, 148 GB in all)."""

import shutil
import stat
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import require_space
from reverie.foundation.progress import say, tracked
from reverie.recordings.fetching import PIECE, fetch

_RECONSTRUCTED_BASE = "https://gin.g-node.org/pollytur/sensorium_2023_dataset/raw/master"
_OTHER_BASE = "https://gin.g-node.org/pollytur/Sensorium2023Data/raw/master"
_RECONSTRUCTED_SCAN = "Video-9b4f6a1a067fe51e15306b9628efea20"
_OTHER_SCAN = "Video-8744edeac3b4d1ce16b680916b5267ce"

PUBLIC_ARCHIVES: Mapping[str, str] = {
    f"dynamic{animal}-{scan}": f"{base}/dynamic{animal}-{scan}.zip"
    for base, scan, animals in (
        (
            _RECONSTRUCTED_BASE,
            _RECONSTRUCTED_SCAN,
            ("29515-10-12", "29623-4-9", "29647-19-8", "29712-5-9", "29755-2-8"),
        ),
        (_OTHER_BASE, _OTHER_SCAN, ("29156-11-10", "29228-2-10", "29234-6-9", "29513-3-5", "29514-2-9")),
    )
    for animal in animals
}
"""The address of each public recording by its folder name; the first five are those Bauer et al. 2026 reconstruct."""


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


def download(animals: Sequence[str], folder: Path, *, base: str | None = None) -> list[Path]:
    """Download and unpack recordings into ``folder`` and return their folders; those already there are skipped.

    An interrupted download resumes where it stopped. Archives are removed once unpacked; their hash stays beside the
    recordings.

    Parameters
    ----------
    animals
        Folder names or unique beginnings of them, such as "dynamic29515" or "29515".
    base
        Another address that serves ``<folder name>.zip``.

    Raises
    ------
    ReverieError
        When a name is unknown, the server fails, or an archive is wrong, unsafe or too large.
    """
    if base is not None and not base.startswith(("http://", "https://")):
        raise ReverieError(f"{base} is not a web address; give one that starts with https:// or http://.")
    names = [find_archive(animal) for animal in animals]
    for name in names:
        target, archive = folder / name, folder / f"{name}.zip"
        if (target / "data").is_dir():
            say(f"{target} is there already.")
            if archive.exists():
                # Put there on purpose, or left by a run that ended before it could be removed: only the user knows.
                say(f"{archive} is no longer needed; delete it, unless it is to be kept.")
            continue
        url = PUBLIC_ARCHIVES[name] if base is None else f"{base.rstrip('/')}/{name}.zip"
        _make_folder(folder)
        fetch(url, archive)
        unpack(archive, target)
        archive.unlink()
    return [folder / name for name in names]


def find_archive(animal: str) -> str:
    """Return the full folder name of a public recording.

    Raises ReverieError listing the names when none or several fit.

    >>> find_archive("29515")
    'dynamic29515-10-12-Video-9b4f6a1a067fe51e15306b9628efea20'
    """
    number = animal.removeprefix("dynamic")
    fitting = [name for name in PUBLIC_ARCHIVES if name.removeprefix("dynamic").startswith(number)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and (animal.upper().startswith("DANDI") or "/" in animal):
        raise ReverieError(
            f"{animal!r} is fetched by its archive's own client: {_client(animal)}; then give its folder."
        )
    raise ReverieError(f"{animal!r} is not one public recording; choose from: {', '.join(fitting or PUBLIC_ARCHIVES)}.")


def _client(name: str) -> str:
    """Return the command that fetches a set of the DANDI archive, or one on Hugging Face, which may be gated.

    >>> _client("dandi:000728")
    '`pip install dandi && dandi download DANDI:000728`'
    """
    if name.upper().startswith("DANDI"):
        return f"`pip install dandi && dandi download {name.upper()}`"
    return (
        "ask for access on its page, then "
        f"`pip install huggingface_hub && hf auth login && hf download --repo-type dataset {name} --local-dir DATA`"
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReverieError(f"{folder} could not be made ({error.strerror}); choose another folder.") from error
