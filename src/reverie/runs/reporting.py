"""Making a page and a film of a run folder."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from reverie.fitted.pages import content_of, summary_of
from reverie.fitted.reconstruction import SIMULATED, Reconstruction, training_warning
from reverie.fitted.reconstruction_files import truth_is_kept
from reverie.foundation.arrays import WHITE
from reverie.foundation.errors import counted
from reverie.foundation.files import write_bytes, write_text
from reverie.foundation.progress import say, tracked
from reverie.recordings.lazy_sequence import LazySequence
from reverie.reporting.content import RunContent
from reverie.reporting.page import render_overview, write_page
from reverie.reporting.pictures import std_scale_end
from reverie.reporting.trial_view import Still, still_of, still_png
from reverie.reporting.video_files import Scene, write_film
from reverie.runs.evaluating import read_or_evaluate
from reverie.runs.run_folder import RunFolder, TrialFolder

TOGETHER = 24
"""Largest number of trials on one page, to which each adds half a megabyte to one; of more, each has its own page."""

FILM_SECONDS = 10.0
"""Seconds of each trial that a film shows."""


def report_run(folder: Path, *, film: bool = False) -> Path:
    """Write RUN/report.html and return its path; movies without scores are scored first.

    With more than ``TOGETHER`` trials it is an overview with links to a page in the folder of each.

    Parameters
    ----------
    film
        Also write RUN/film.mp4, which shows the trials one after the other.

    Raises
    ------
    ReverieError
        When the folder is not a run or holds no finished movie.
    """
    run = RunFolder(folder)
    record = run.read_record()
    places, found = run.whole_trials(TOGETHER)
    scores = read_or_evaluate(folder, [place for place in places if truth_is_kept(place.folder)])
    title = f"Movies reconstructed from visual cortex: {folder.resolve().name}"
    seed, sentences = int(record["seed"]), _sentences(record, len(places))
    if len(places) <= TOGETHER:
        content = content_of(found, title=title, seed=seed, scores=scores, sentences=sentences, settings=record)
        write_page(run.report, content)
    else:
        summary = None if scores.empty else summary_of(scores, seed)
        content = RunContent(title, trials=(), sentences=sentences, settings=record, summary=summary)
        _write_overview(run, places, content, scores)
    say(f"The page is {run.report}; open it in any browser.")
    if film:
        write_run_film(run.film, found)
        say(f"The film is {run.film}.")
    return run.report


def _write_overview(run: RunFolder, places: Sequence[TrialFolder], content: RunContent, scores: pd.DataFrame) -> None:
    """Write the page of each trial, and the page that links to them, with what is noted of all said once on it."""
    stills, seen, simulated = [], [], True
    for place in tracked(places, len(places), "pages"):
        one = Reconstruction.load(place.folder)
        stills.append(_write_trial(run, place, one, scores))
        seen += [] if one.truth is None or one.held_out else [one.name]
        simulated = simulated and SIMULATED in one.notes
    before, after = (SIMULATED,) if simulated else (), [training_warning(seen)] if seen else []
    content = replace(content, sentences=[*before, *content.sentences, *after])
    write_text(run.report, render_overview(content, stills))


def _write_trial(run: RunFolder, place: TrialFolder, one: Reconstruction, scores: pd.DataFrame) -> Still:
    """Write the page of one trial, and its picture; return the entry that links to it."""
    content = content_of([one], title=one.name, scores=scores)
    back = os.path.relpath(run.report, place.folder)
    write_page(place.page, replace(content, summary=None, overview=_address(Path(back))))
    write_bytes(place.still, still_png(content.trials[0]))
    picture, page = (_address(path.relative_to(run.folder)) for path in (place.still, place.page))
    return still_of(content.trials[0], picture, page)


def _address(path: Path) -> str:
    return quote(path.as_posix())


def write_run_film(path: Path, found: Sequence[Reconstruction]) -> None:
    """Write the start of each trial, one after the other: truth, reconstruction and standard deviation side by side.

    The standard deviation is shown from black (0) to white (the end of its scale). All movies run at the first one's
    frame rate.
    """
    write_film(path, LazySequence(_scene, found), frame_rate=found[0].frame_rate)


def _scene(one: Reconstruction) -> Scene:
    most = round(FILM_SECONDS * one.frame_rate)
    movies = {f"{one.name}: {one.method}": one.frames[:most]}
    if one.truth is not None:
        movies = {"truth": one.truth[:most], **movies}
    if one.std is not None:
        std = one.std[:most]
        top = std_scale_end(std)
        movies[f"standard deviation, white: {top:.0f}"] = std * np.float32(WHITE / top)
    return Scene(list(movies.values()), list(movies))


def _sentences(record: dict[str, Any], trials: int) -> list[str]:
    settings, places = record["settings"], record.get("places", {})
    named = settings.get("encoders")
    encoders = len(named) if isinstance(named, list) else 0
    return [
        *record.get("about", ()),
        f"{trials} {'trial was' if trials == 1 else 'trials were'} reconstructed from single-trial responses by the "
        f"method “{settings.get('method')}” with {counted(encoders, 'encoder')}; "
        f"recordings: {places.get('data', 'unknown')}.",
    ]
