"""Downloading public recordings by name."""

from collections.abc import Sequence
from pathlib import Path

from reverie.recordings.download import PUBLIC_ARCHIVES, download


def download_animals(animals: Sequence[str], out: Path, *, base: str | None) -> None:
    """Download and unpack the named animals, or list what there is when none is named."""
    if not animals:
        print("\n".join(PUBLIC_ARCHIVES))
        return
    download(animals, out, base=base)
