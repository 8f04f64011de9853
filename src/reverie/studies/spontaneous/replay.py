"""Does activity without a stimulus replay a clip?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.opening import SubjectSources
from reverie.fitted.reconstructor import Reconstructor
from reverie.foundation.devices import choose_device
from reverie.foundation.files import write_text
from reverie.foundation.folders import require_folder, require_own
from reverie.foundation.progress import say
from reverie.studies.figures import COLOURS, column_figure, legend
from reverie.studies.page import write_study
from reverie.studies.spontaneous.library import (
    SAMPLE,
    SearchSettings,
    activity_of,
    clips_of,
    long_enough_trials,
    templates_of,
)
from reverie.studies.spontaneous.search import block_maxima, candidates, fit_false_alarms, search, surrogate_maxima
from reverie.studies.spontaneous.surrogates import KINDS, Kind
from reverie.studies.study import Findings, Picture, Question

REPLAY = Question(
    "replay", "Replay", "Does activity without a stimulus replay a clip that was shown, or one that never was?"
)

TABLE = "candidates.csv"


def find_replays(
    fitted: Fitted, trials: Sequence[str], library: Sequence[str], settings: SearchSettings, *, seed: int = 0
) -> tuple[pd.DataFrame, Findings]:
    """Search trials for replays of clips that other trials showed.

    Returns the candidates (the columns of ``candidates``, and ``claimed``: whether false alarms that strong are rarer
    than allowed) and the findings for a page. The likelihood must have been fitted. Raises NotApplicable when there is
    no clip to search for, or too little activity to search.
    """
    likelihood = fitted.likelihood.single
    activity = activity_of(fitted, likelihood, trials)
    resting = np.concatenate(activity, axis=1).mean(axis=1)
    clips = clips_of(fitted.subject.recording, library)
    templates = templates_of(fitted, likelihood, clips, resting, settings)
    best = search(activity, templates)
    seconds = SAMPLE / fitted.subject.recording.frame_rate
    hours = sum(one.shape[1] for one in activity) * seconds / 3600
    maxima = {
        kind: surrogate_maxima(
            activity, templates, kind, count=settings.surrogates, factors=settings.factors, seed=seed
        )
        for kind in KINDS
    }
    alarms = {kind: fit_false_alarms(found, hours * settings.surrogates) for kind, found in maxima.items()}
    table = candidates(activity, best, trials, templates, alarms["shared kept"], seconds)
    table["claimed"] = table["false_alarms_per_hour"] <= settings.alarms
    block = 2 * templates[0].ratio.shape[1]
    recorded = np.array([value for one in best for value in block_maxima(one.z, block)])
    thresholds = {kind: one.threshold(settings.alarms) for kind, one in alarms.items()}
    strict = maxima["shared kept"]
    naive = {
        kind: float((strict > thresholds[kind]).sum() / (hours * settings.surrogates))
        for kind in KINDS
        if kind != "shared kept"
    }
    sentences = [
        _claims_sentence(table, settings),
        f"Searched: {hours * 60:.1f} min of activity ({len(trials)} trials) for {len(templates)} stretches of "
        f"{settings.seconds:g} s of {len(clips)} clips, at speeds {_listed(settings.speeds)} and contrasts "
        f"{_listed(settings.contrasts)}. The rate of false alarms is that of the whole search in "
        f"{settings.surrogates} surrogates that keep {settings.factors} shared fluctuations.",
        "Surrogates that keep less would mislead: at the thresholds that they set for the same rate of false alarms, "
        "those that keep shared fluctuations still give "
        + ", ".join(f"{rate:.2g} an hour ({kind})" for kind, rate in naive.items())
        + ".",
    ]
    caption = "Strongest matches by block of activity; lines: the threshold that each kind of surrogate sets."
    rows = [{"of": kind, "z": value} for kind, values in [("recorded", recorded), *maxima.items()] for value in values]
    picture = Picture("maxima", caption, _figure(recorded, maxima, thresholds), pd.DataFrame(rows))
    return table, Findings(sentences, [picture], tables={"Candidates, the strongest first": table.head(20)})


def replay(
    sources: SubjectSources,
    *,
    trials: Sequence[str],
    library: Sequence[str],
    out: Path,
    search: SearchSettings | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Search an animal's trials for replays, write the table and a page to a folder, and return the candidates.

    Parameters
    ----------
    sources
        The recording, and an encoder of its animal.
    trials
        Trials or tiers without a movie, which are searched.
    library
        Trials or tiers whose movies are searched for.
    out
        Folder for candidates.csv and index.html.
    search
        Settings of the search.
    seed
        Seed of the surrogates.

    Raises
    ------
    ReverieError
        When data and encoder do not belong together, no clip or no activity can be searched, or ``out`` holds something
        else.
    """
    settings = search or SearchSettings()
    require_own(out, "page", TABLE)
    require_folder(out)
    opened, recording = sources.open(choose_device("cpu"))
    names = long_enough_trials(recording, trials, settings.seconds)
    clips_of(recording, library)
    fitted = fit(Reconstructor(opened, recording, device="cpu").fits[0], ["likelihood"])
    table, findings = find_replays(fitted, names, library, settings, seed=seed)
    write_text(out / TABLE, table.to_csv(index=False))
    leads = [f"{recording.name}, {recording.neurons} neurons, through the encoder {sources.encoder.name}."]
    write_study(out, REPLAY, findings, leads, {"search": asdict(settings), "seed": seed})
    say(f"{findings.sentences[0]} The page is {out / 'index.html'}.")
    return table


def _claims_sentence(table: pd.DataFrame, settings: SearchSettings) -> str:
    claimed = table[table["claimed"]]
    limit = f"less than {settings.alarms:g} false alarms an hour"
    if claimed.empty:
        return f"No stretch of activity matches a clip so strongly that {limit} are as strong."
    first = claimed.iloc[0]
    return (
        f"{len(claimed)} stretches of activity match a clip so strongly that {limit} are as strong; the strongest "
        f"for clip {first['clip']} from {first['clip_seconds']:.1f} s at speed {first['speed']:g}, in trial "
        f"{first['trial']} from {first['seconds']:.1f} s."
    )


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{one:g}" for one in numbers)


def _figure(
    recorded: Float[np.ndarray, " block"],
    maxima: Mapping[Kind, Float[np.ndarray, " surrogate_block"]],
    thresholds: Mapping[Kind, float],
) -> Figure:
    figure, (axes,) = column_figure()
    _draw_exceeded(axes, recorded, COLOURS[0], "recorded")
    for colour, (kind, values) in zip(COLOURS[1:], maxima.items(), strict=False):
        _draw_exceeded(axes, values, colour, kind)
        axes.axvline(thresholds[kind], color=colour, linewidth=0.6, linestyle=":")
    axes.set(yscale="log", xlabel="strongest match in a block (z)", ylabel="share of blocks above")
    legend(axes)
    return figure


def _draw_exceeded(axes: Axes, values: Float[np.ndarray, " block"], colour: str, label: str) -> None:
    """Draw the share of blocks that exceeds each value."""
    share = np.arange(1, len(values) + 1) / len(values)
    axes.step(np.sort(values)[::-1], share, color=colour, label=label, where="post")
