"""Showing live pictures of a rig, or of a recorded trial as if it came in now."""

import asyncio
from contextlib import suppress
from pathlib import Path

from reverie.fitted.reconstructor import Reconstructor
from reverie.fitted.session import open_one
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import ReverieError
from reverie.live.live import Live
from reverie.live.server import serve
from reverie.live.sources import Frames, replayed, source_at
from reverie.recordings.opening import responses_of
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording


def show_live(
    data: Path,
    encoder: Path,
    *,
    animal: str | None = None,
    trial: str | None = None,
    source: str | None = None,
    lag: float = 0.25,
    port: int = 8765,
    stay: bool = True,
    reading: Reading | None = None,
) -> None:
    """Fit what live reading needs where it is not there yet, and serve the page.

    Parameters
    ----------
    data, encoder, animal, reading
        The recording whose animal is read, and the folder that keeps what is fitted.
    trial, source
        A recorded trial to play, or where responses come from (see ``source_at``); one of the two.
    lag
        Seconds the picture may be behind.
    port
        Of the page on this machine; 0 for any that is free.
    stay
        Go on serving the page after the last frame.

    Raises
    ------
    ReverieError
        When data and encoder do not belong together, neither or both of trial and source are given, or the port is
        taken.
    """
    if (trial is None) == (source is None):
        raise ReverieError(
            "Say what is shown live: a recorded trial (--trial 3), or where responses come from (--source -)."
        )
    opened, recording = open_one(data, encoder, animal, choose_device("cpu"), reading)
    frames = source_at(source) if source is not None else _of_trial(recording, str(trial))
    live = Live(Reconstructor(opened, recording, "ridge", device="cpu"), lag).fit()
    title = f"{recording.name}, live" if trial is None else f"{recording.name} trial {trial}, as if it came in now"
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(live, frames, port, title=title, stay=stay))


def _of_trial(recording: Recording, name: str) -> Frames:
    return replayed(responses_of(recording.name, recording.trial(name)), recording.frame_rate)
