"""Reconstructions on a page that opens anywhere: `rv.report`, and the player of a notebook."""

import html
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reverie.fitted.reconstruction import SIMULATED, Reconstruction, scores_of, training_warning
from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import PAGE, require_file
from reverie.foundation.requests import given_path
from reverie.inversion.solution import Progress, trace_of
from reverie.reporting.content import RunContent, TrialContent
from reverie.reporting.page import render_page, write_page
from reverie.scoring.rule import EVALUATION_THRESHOLD, WEAK_MASK, frames_to_skip, scoring_threshold
from reverie.scoring.tables import score_columns, summarise, summarise_animals

PLAYER_HEIGHT = 900
"""Height of the player in a notebook, pixels."""


def report(
    reconstructions: Reconstruction | Sequence[Reconstruction],
    path: Path | str,
    *,
    title: str = "Movies reconstructed from visual cortex",
    seed: int = 0,
) -> Path:
    """Write one page that shows reconstructions with their scores, and return its path.

    Parameters
    ----------
    reconstructions
        One or several reconstructions, of any animals, trials and methods.
    path
        File to write, html; the page needs no other file.
    title
        The title of the page.
    seed
        Seed of the controls and of the confidence intervals.

    Raises
    ------
    ReverieError
        When there is no reconstruction or the page cannot be written.
    """
    page = given_path(path, "A page")
    require_file(page, PAGE)
    shown = [reconstructions] if isinstance(reconstructions, Reconstruction) else reconstructions
    if not isinstance(shown, Sequence) or not all(isinstance(each, Reconstruction) for each in shown):
        raise ReverieError(f"A page shows what Reconstructor.reconstruct returns, but {reconstructions!r} was given.")
    write_page(page, content_of(shown, title=title, seed=seed))
    return page


def content_of(
    reconstructions: Sequence[Reconstruction],
    *,
    title: str,
    seed: int = 0,
    scores: pd.DataFrame | None = None,
    sentences: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> RunContent:
    """Return the content of a page of reconstructions; scores are computed unless they are given.

    What is noted of all of them, that they are of simulated animals, is said once, at the beginning.
    """
    if not reconstructions:
        raise ReverieError("There is no reconstruction to show; make at least one.")
    table = scores_of(reconstructions, seed=seed) if scores is None else scores
    # Scores computed here are in the reconstructions' order, and several may be of one trial and method.
    places = iter(range(len(table)))
    trials, seen, simulated = [], [], True
    for each in reconstructions:
        own = next(places) if scores is None and each.truth is not None else None
        row = _row(table, each) if scores is not None else {} if own is None else _scores_at(table, own)
        trials.append(_trial_content(each, row))
        seen += [each.name] if row and not each.held_out else []
        simulated = simulated and SIMULATED in each.notes
    # A single movie has a note on this itself.
    warnings = [training_warning(seen)] if seen and len(trials) > 1 else []
    if simulated:
        trials = [replace(one, notes=tuple(note for note in one.notes if note != SIMULATED)) for one in trials]
    return RunContent(
        title=title,
        trials=trials,
        sentences=[*((SIMULATED,) if simulated else ()), *sentences, *warnings],
        settings=settings or {},
        summary=None if table.empty else summary_of(table, seed),
    )


def summary_of(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the summary over all animals and, where there are several, of each."""
    tables = [summarise(scores, seed=seed).assign(animal="all animals")]
    if scores["animal"].nunique() > 1:
        tables.append(summarise_animals(scores, seed=seed))
    return pd.concat(tables, ignore_index=True)


def show(reconstruction: Reconstruction, path: Path | str | None = None) -> Any:  # noqa: ANN401 - a notebook's object
    """Display a reconstruction in a notebook, or write its page and return the path."""
    # A summary of one movie would only repeat its scores, and push the player out of sight.
    content = replace(content_of([reconstruction], title=reconstruction.name), summary=None)
    if path is None and _in_notebook():
        from IPython.display import HTML

        page = html.escape(render_page(content), quote=True)
        display: Callable[[str], object] = HTML
        frame = f'<iframe srcdoc="{page}" width="100%" height="{PLAYER_HEIGHT}" style="border:0"></iframe>'
        return display(f"<div>{frame}</div>")  # IPython warns about HTML that begins with a frame
    folder = Path(tempfile.mkdtemp(prefix="reverie-")) if path is None else None
    page_path = given_path(path, "A page") if folder is None else folder / "reconstruction.html"
    require_file(page_path, PAGE)
    write_page(page_path, content)
    return page_path


def _in_notebook() -> bool:
    """Return whether this runs in an IPython kernel whose front end shows HTML."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def _row(scores: pd.DataFrame, one: Reconstruction) -> Mapping[str, float]:
    if scores.empty:
        return {}
    chosen = scores[
        (scores["animal"] == one.animal) & (scores["trial"] == one.trial) & (scores["method"] == one.method)
    ]
    return {} if chosen.empty else _scores_at(chosen, 0)


def _scores_at(scores: pd.DataFrame, place: int) -> Mapping[str, float]:
    return {name: float(scores.iloc[place][name]) for name in score_columns(scores)}


def _trial_content(one: Reconstruction, scores: Mapping[str, float]) -> TrialContent:
    weak = scoring_threshold(one.mask) < EVALUATION_THRESHOLD
    return TrialContent(
        animal=one.animal,
        trial=one.trial,
        reconstruction=one.frames,
        mask=one.mask,
        truth=one.truth,
        std=one.std,
        information=one.information,
        state=one.state,
        responses=one.responses,
        rates=one.rates,
        rates_from_truth=one.rates_from_truth,
        traces=_traces(one.trace),
        scores=scores,
        notes=(*one.notes, WEAK_MASK) if weak else one.notes,
        frame_rate=one.frame_rate,
        degrees_per_pixel=one.degrees_per_pixel,
        scored_from=frames_to_skip(len(one.frames)),
    )


def _traces(table: pd.DataFrame) -> dict[str, tuple[Progress, ...]]:
    columns = [field.name for field in fields(Progress)]
    return {
        f"model {int(model) + 1}": trace_of(table.loc[table["model"] == model, columns].to_numpy(np.float64))
        for model in table["model"].unique()
    }
