"""Does activity hold a picture when nothing is shown? Comparison with surrogates, and pictures where they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.opening import SubjectSources
from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.reconstructor import Reconstructor
from reverie.fitted.solving import problem_of_trial, solve_trial
from reverie.foundation.arrays import GREY, WHITE, Movie
from reverie.foundation.devices import choose_device
from reverie.foundation.files import write_text
from reverie.foundation.fingerprints import seed_of
from reverie.foundation.folders import require_folder, require_own
from reverie.foundation.progress import say, tracked
from reverie.inversion.methods.map import Map
from reverie.inversion.objective import information_draw
from reverie.inversion.uncertainty import information_bits
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial
from reverie.scoring.rule import scored_region
from reverie.studies.figures import COLOURS, column_figure, legend
from reverie.studies.page import write_study
from reverie.studies.spontaneous.agreement import CLAIMED, Agreement, AgreementSettings, JointEnergy, agreement
from reverie.studies.spontaneous.library import frames_in, long_enough_trials
from reverie.studies.spontaneous.surrogates import KINDS, amplitude_adjusted, shared_part, surrogate
from reverie.studies.study import Findings, Picture, Question

DARKNESS = Question(
    "darkness", "Without a stimulus", "Does activity hold more of a picture than shared fluctuations explain?"
)

STRETCHES = "stretches.csv"
BITS = "information.csv"

MOST_STILLS = 6
"""Number of stretches whose pictures the page shows: those that depart most from surrogates."""


def darkness(
    sources: SubjectSources,
    *,
    trials: Sequence[str],
    out: Path,
    settings: AgreementSettings | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare trials without a movie with surrogates, write tables, movies and a page, and return a row per stretch.

    Columns: trial, seconds (where the stretch begins), grey_levels (joint energy in excess of surrogates, as its square
    root), p, departs.

    Parameters
    ----------
    sources
        The recording, and an encoder of its animal.
    trials
        Trials or tiers; trials with a movie are allowed too, to see what departures look like.
    out
        Folder for stretches.csv, information.csv, a folder of each trial's movie, and index.html.
    settings
        Settings of the comparison.
    seed
        Seed of surrogates and draws.

    Raises
    ------
    ReverieError
        When data and encoder do not belong together, no trial can be used, or ``out`` holds something else.
    """
    settings = settings or AgreementSettings()
    require_own(out, "page", "movies", STRETCHES)
    require_folder(out)
    opened, recording = sources.open(choose_device("cpu"))
    names = long_enough_trials(recording, trials, settings.seconds)
    reader = Reconstructor(opened, recording, Map(seed=seed, calibrated=False), seed=seed, device="cpu").fit()
    fitted = fit(reader.fits[0], ["ridge"])
    decoder = fitted.ridge
    chosen = [recording.trial(name) for name in names]
    stretch = frames_in(recording, settings.seconds)
    joint_energy = JointEnergy(decoder, scored_region(reader.mask))
    activity = [decoder.features.scaled(responses_of(recording.name, trial)) for trial in chosen]
    found = agreement(joint_energy, activity, stretch, settings, seed=seed)
    table = _stretch_table(chosen, found, stretch, recording.frame_rate)
    movies = {trial.name: reader.reconstruct(trial) for trial in tracked(chosen, len(chosen), "movies")}
    for name, movie in movies.items():
        movie.save(out / "movies" / name)
    bits = pd.DataFrame([_bits(fitted, trial, movies[trial.name], settings, seed) for trial in chosen])
    write_text(out / STRETCHES, table.to_csv(index=False))
    write_text(out / BITS, bits.to_csv(index=False))
    findings = _findings(table, bits, found, movies, stretch)
    leads = [f"{recording.name}, {recording.neurons} neurons, through the encoder {sources.encoder.name}."]
    write_study(out, DARKNESS, findings, leads, {"comparison": asdict(settings), "seed": seed})
    say(f"{findings.sentences[0]} The page is {out / 'index.html'}.")
    return table


def _bits(
    fitted: Fitted, trial: Trial, movie: Reconstruction, settings: AgreementSettings, seed: int
) -> dict[str, object]:
    """Return the posterior's information about a trial and about its surrogates, bits per pixel and second."""
    responses = responses_of(fitted.subject.animal, trial)
    shared = shared_part(responses, settings.factors)
    row: dict[str, object] = {"trial": trial.name, "recorded": bits_per_second(fitted, trial, movie.frames, seed)}
    for number, kind in enumerate(KINDS):
        drawn = surrogate(responses, shared, kind, np.random.default_rng([seed, 10 + number, seed_of(trial.name)]))
        other = replace(trial, movie=None, responses=amplitude_adjusted(drawn, responses))
        found = solve_trial(fitted, other, Map(draws=0, seed=seed)).movie
        row[kind] = bits_per_second(fitted, other, found, seed)
    return row


def bits_per_second(fitted: Fitted, trial: Trial, movie: Movie, seed: int = 0) -> float:
    """Return the posterior's information about a movie, bits per pixel and second (see ``information_bits``)."""
    problem = problem_of_trial(fitted, trial, Map()).to(fitted.subject.device).in_fast_form()
    generator = torch.Generator().manual_seed(seed)
    draw = information_draw(problem, torch.tensor(movie, device=fitted.subject.device), generator)
    seconds = len(movie) / fitted.subject.recording.frame_rate
    return float(information_bits(draw, fitted.prior) / (movie[0].size * seconds))


def _stretch_table(trials: Sequence[Trial], found: Agreement, stretch: int, frame_rate: float) -> pd.DataFrame:
    places = [
        (trial.name, begin / frame_rate) for trial in trials for begin in range(0, trial.frames - stretch + 1, stretch)
    ]
    columns = {"grey_levels": found.excess, "p": found.p, "departs": found.departs}
    return pd.DataFrame(places, columns=["trial", "seconds"]).assign(**columns)


def _findings(
    table: pd.DataFrame, bits: pd.DataFrame, found: Agreement, movies: Mapping[str, Reconstruction], stretch: int
) -> Findings:
    departing = table[table["departs"]].sort_values("p")
    first = (
        f"In {len(departing)} of {len(table)} stretches, neurons agree on a picture more than shared fluctuations "
        f"explain; without any picture, at least one would be claimed in {100 * CLAIMED:g} % of recordings."
        if len(departing)
        else f"No picture is found: in none of {len(table)} stretches do neurons agree on one more than surrogates do."
    )
    means = bits.drop(columns="trial").mean()
    claims = ", ".join(f"{name} {means[name]:.3g}" for name in means.index)
    sentences = [
        first,
        f"The posterior by itself claims, in bits per pixel and second: {claims}. It assumes that "
        "responses come from a picture; only information beyond that about surrogates is evidence of one.",
        "The three kinds of surrogates keep less and less: shared fluctuations and each neuron's time course; each "
        "neuron's time course; only the time courses, exchanged between neurons. The first kind decides.",
    ]
    caption = "Joint energy of neurons in each stretch; bands: 5 to 95 % of surrogates. Filled: departures."
    picture = Picture("departures", caption, _departures(table, found), table)
    stills = [] if departing.empty else [_stills(departing.head(MOST_STILLS), movies, stretch)]
    return Findings(
        sentences, [picture, *stills], tables={"Stretches, the most significant first": table.sort_values("p").head(20)}
    )


def _departures(table: pd.DataFrame, found: Agreement) -> Figure:
    figure, (axes,) = column_figure()
    places = np.arange(len(table))
    for number, kind in enumerate(reversed(KINDS), start=1):
        low, high = np.quantile(found.surrogates[kind], [0.05, 0.95], axis=0)
        axes.fill_between(places, low, high, color=COLOURS[number], alpha=0.35, linewidth=0, label=kind)
    axes.plot(places, found.energy, color=COLOURS[0], label="recorded")
    axes.plot(places[found.departs], found.energy[found.departs], "o", color=COLOURS[0], markersize=4)
    axes.set(xlabel="stretch", ylabel="joint energy (grey levels²)")
    legend(axes)
    return figure


def _stills(departing: pd.DataFrame, movies: Mapping[str, Reconstruction], stretch: int) -> Picture:
    """Return pictures from the middle of stretches; they fade to grey where nothing is known."""
    figure, panels = column_figure(1.2, len(departing))
    for axes, row in zip(panels, departing.itertuples(), strict=True):
        movie = movies[str(row.trial)]
        middle = round(float(row.seconds) * movie.frame_rate) + stretch // 2  # type: ignore[arg-type]
        known = 1.0 if movie.information is None else movie.information
        axes.imshow(GREY + known * (movie.frames[middle] - GREY), cmap="gray", vmin=0, vmax=WHITE)
        axes.set_title(f"{row.trial}, {row.seconds:.1f} s", fontsize=6)
        axes.set_axis_off()
    caption = "The middle of the stretches that depart most from surrogates; grey where nothing is known."
    return Picture("stills", caption, figure, departing)
