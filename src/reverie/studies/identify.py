"""Which of 100 movies was shown? Identification by likelihood, without any reconstruction.

Each candidate's log likelihood compares the responses with an encoder's rates to that movie.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.fitted.session import Session
from reverie.foundation.errors import NotApplicable
from reverie.jobs.clip import Clip, by_animal
from reverie.recordings.contents import movie_digest
from reverie.recordings.opening import evenly_spaced, responses_of
from reverie.scoring.rule import frames_to_skip
from reverie.studies.candidates import CandidateLikelihoods, CutOuts, candidate_likelihoods, draw_cut_outs
from reverie.studies.conditions import interval_text, summarise_conditions
from reverie.studies.figures import column_figure, draw_curve, legend
from reverie.studies.setup import Setup
from reverie.studies.study import Findings, Picture, Study
from reverie.studies.synthetic import ordinary_state

MOST_QUESTIONS = 9
"""Cut-outs of one clip to identify, at most, evenly spread."""


@dataclass(frozen=True)
class Size:
    """Numbers of neurons, and lengths of cut-outs in frames."""

    neurons: Sequence[int]
    frames: Sequence[int]


SIZES: Mapping[str, Size] = {
    "quick": Size((30, 300), (10, 30, 90)),
    "laptop": Size((10, 30, 100, 300, 1000), (3, 10, 30, 90, 270)),
    "paper": Size((10, 30, 100, 300, 1000, 3000), (3, 10, 30, 90, 270)),
}


def conclude(setup: Setup) -> Findings:
    """Identify cut-outs of every clip, and draw how often this succeeds."""
    size, session = SIZES[setup.scale.name], setup.session
    everyone = min(session.recordings[clip.animal].neurons for clip in setup.clips)
    neurons = sorted({count for count in size.neurons if count < everyone} | {everyone})
    answers = identify(session, setup.clips, setup.encoders[0], neurons, size.frames)
    names = [f"{row.neurons} neurons, {row.seconds:.2g} s" for row in answers.itertuples()]
    answers = answers.assign(condition=names)
    summary = summarise_conditions(answers, "accuracy", list(dict.fromkeys(names)), session.sources.seed)
    keys = answers.drop_duplicates("condition")[["condition", "neurons", "seconds"]]
    summary = summary.assign(low=summary["boot_low"], high=summary["boot_high"]).merge(keys, on="condition")
    figure, (axes,) = column_figure()
    for place, (seconds, curve) in enumerate(summary.groupby("seconds")):
        draw_curve(axes, curve["neurons"].tolist(), curve, f"{seconds:.2g} s", place)
    fewest, most = answers["candidates"].min(), answers["candidates"].max()
    axes.axhline(1 / most, color="0.5", linestyle=":", linewidth=0.8)
    axes.set(xscale="log", xlabel="neurons", ylabel="share identified", ylim=(-0.02, 1.02))
    legend(axes)
    known = summary[summary["neurons"] == everyone].to_dict("records")
    by_length = "; ".join(
        f"{row['seconds']:.2g} s: {row['mean']:.2f}{interval_text(row['low'], row['high'], '.2f')}" for row in known
    )
    among = f"{most}" if fewest == most else f"{fewest} to {most}"
    caption = (
        f"Share of cut-outs identified among {among}, by neurons and length; dotted: chance. Bands: 95 % intervals."
    )
    return Findings(
        [
            f"With {everyone} neurons, the movie that was shown is the most likely of {among} in this share of the "
            f"cut-outs, by length: {by_length}; chance is {1 / most:.2f}.",
            f"Up to {int(answers['questions'].max())} cut-outs of {len(setup.clips)} clips each, one trial of "
            "every clip; intervals: bootstrap over animals and clips.",
            "Candidates are cut-outs, at any time, of the movies on which the encoder was not trained, as they were "
            "shown and in their mirror images in space and time. Rates to all of them are predicted in the same "
            "ordinary state, so that behaviour gives no clue.",
        ],
        [Picture("identification", caption, figure, pd.DataFrame(summary))],
    )


def identify(
    session: Session, clips: Sequence[Clip], folder: Path, neurons: Sequence[int], durations: Sequence[int]
) -> pd.DataFrame:
    """Identify, for cut-outs of each clip, which of ``CANDIDATES`` cut-outs of movies was shown.

    Candidates are the cut-out that was shown and others drawn from all the candidate movies, at any time; the responses
    before a cut-out are not used. Rates are predicted in an ordinary state, so that behaviour gives no clue. Columns:
    animal, clip, neurons, seconds, accuracy (share of a clip's cut-outs for which the true movie is the most likely),
    questions, candidates.

    Parameters
    ----------
    neurons
        Numbers of neurons, drawn once for each animal; a smaller set is part of a larger one.
    durations
        Frames of a cut-out; those longer than the scored part of a clip are left out.

    Raises
    ------
    NotApplicable
        When no clip is long enough for any cut-out.
    """
    rows: list[dict[str, object]] = []
    for animal, own in by_animal(clips).items():
        frames = min(clip.read(session).frames for clip in own)
        candidates = candidate_likelihoods(session, animal, folder, frames, ordinary_state(session, animal, frames))
        order = torch.from_numpy(np.random.default_rng(session.sources.seed).permutation(candidates.slopes.shape[1]))
        known = [_statistic(session, clip, folder, candidates) for clip in own]
        for length, count in product(durations, neurons):
            starts = list(range(frames_to_skip(frames), frames - length + 1, length))
            cut_outs = draw_cut_outs(candidates, order[:count], starts, length, session.sources.seed)
            if len(cut_outs.starts) > 1:
                rate = session.recordings[animal].frame_rate
                rows += [_row(clip, *each, cut_outs, starts, rate) for clip, each in zip(own, known, strict=True)]
    if not rows:
        raise NotApplicable(
            f"Clips are too short for cut-outs of {min(durations)} frames, the shortest that are asked about; name "
            "longer trials with --trials."
        )
    return pd.DataFrame(rows)


def _statistic(
    session: Session, clip: Clip, folder: Path, candidates: CandidateLikelihoods
) -> tuple[Float[Tensor, "neuron time"], int]:
    """Return the sufficient statistic of a clip's responses, and which candidate was shown."""
    recording = session.recordings[clip.animal]
    shown = (movie_digest(recording, clip.name), ())
    if shown not in candidates.names:
        raise NotApplicable(f"The encoder {folder} was trained on the movie of {clip.animal} trial {clip.name}.")
    likelihood = session.fitted(clip.animal, folder).likelihood.find("measured")
    responses = torch.tensor(responses_of(clip.animal, clip.read(session)))
    return likelihood.to(torch.device("cpu")).statistic(responses), list(candidates.names).index(shown)


def _row(
    clip: Clip,
    statistic: Float[Tensor, "neuron time"],
    shown: int,
    cut_outs: CutOuts,
    starts: Sequence[int],
    rate: float,
) -> dict[str, object]:
    right = [cut_outs.identifies(statistic, (shown, start)) for start in evenly_spaced(starts, MOST_QUESTIONS)]
    return {
        "animal": clip.animal,
        "clip": clip.name,
        "neurons": len(cut_outs.neurons),
        "seconds": cut_outs.length / rate,
        "accuracy": float(np.mean(right)),
        "questions": len(right),
        "candidates": len(cut_outs.starts),
    }


IDENTIFY = Study(
    "identify",
    "Which movie was it?",
    "Can the movie that was shown be identified among 100, with how many neurons, and from how short a stretch?",
    conclude,
)
