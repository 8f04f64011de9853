"""Turning a run folder into the page to look at, and into a film."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from reverie.fitted.pages import content_of
from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.arrays import WHITE
from reverie.foundation.progress import say
from reverie.reporting.page import write_page
from reverie.reporting.pictures import top_of_std
from reverie.reporting.video_files import Scene, write_film
from reverie.runs.evaluating import read_or_evaluate
from reverie.runs.run_folder import RunFolder

FILM_SECONDS: Final = 10.0
"""Of each trial that a film shows."""


def report_run(folder: Path, *, film: bool = False) -> Path:
    """Write RUN/report.html and return its path; movies that are not scored yet are scored first.

    film: write RUN/film.mp4 too, the trials one after the other.

    Raises ReverieError when the folder is not a run or holds no finished movie.
    """
    run = RunFolder(folder)
    record = run.read_record()
    found = [Reconstruction.load(place.folder) for place in run.finished_trials()]
    scores = read_or_evaluate(folder, known=sum(one.truth is not None for one in found))
    content = content_of(
        found,
        title=f"Movies reconstructed from visual cortex: {folder.resolve().name}",
        seed=int(record["seed"]),
        scores=scores,
        sentences=_sentences(record, len(found)),
        settings=record,
    )
    write_page(run.report, content)
    say(f"The page is {run.report}; open it in any browser.")
    if film:
        write_run_film(run.film, found)
        say(f"The film is {run.film}.")
    return run.report


def write_run_film(path: Path, found: Sequence[Reconstruction]) -> None:
    """Write the start of each trial, one after the other: truth, reconstruction and standard deviation side by side.

    The standard deviation is drawn from black, 0, to white, the end of its scale. Movies run at the frame rate of the
    first.
    """
    write_film(path, [_scene(one) for one in found], frame_rate=found[0].frame_rate)


def _scene(one: Reconstruction) -> Scene:
    most = round(FILM_SECONDS * one.frame_rate)
    movies = {f"{one.name}: {one.method}": one.frames[:most]}
    if one.truth is not None:
        movies = {"truth": one.truth[:most], **movies}
    if one.std is not None:
        std = one.std[:most]
        top = top_of_std(std)
        movies[f"standard deviation, white: {top:.0f}"] = std * np.float32(WHITE / top)
    return Scene(list(movies.values()), list(movies))


def _sentences(record: dict[str, Any], trials: int) -> list[str]:
    settings, places = record["settings"], record.get("places", {})
    encoders = len(settings.get("encoders", ()))
    return [
        *record.get("about", ()),
        f"{trials} {'trial was' if trials == 1 else 'trials were'} reconstructed from single-trial responses by the "
        f"method “{settings.get('method')}” with {encoders} {'encoder' if encoders == 1 else 'encoders'}; "
        f"recordings: {places.get('data', 'unknown')}.",
    ]
