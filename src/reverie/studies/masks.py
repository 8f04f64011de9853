"""What does the mask change, in the descent and in the score?"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from reverie.encoders.receptive_fields import ReceptiveFields
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import EVALUATION_THRESHOLD, TRAINING_THRESHOLD, evaluation_region, scored_frames
from reverie.studies import published
from reverie.studies.conditions import VIDEO, mean_text, sentence_over_animals, summarise_conditions
from reverie.studies.fields import coverage_pictures, describe_fields, fields_of, mask_diameters
from reverie.studies.figures import column_figure, draw_curve, draw_published, legend
from reverie.studies.setup import Conditions, Setup, jobs_for
from reverie.studies.study import Findings, PaperComparison, Picture, Study

TRAINED = {"no mask": 0.0, "mask at 0.5": TRAINING_THRESHOLD, "strict mask": EVALUATION_THRESHOLD}
"""Training masks: the transparency from which on the descent may change a pixel."""


def conditions(setup: Setup) -> Conditions:
    """Return the job of each clip with the first encoder, by training mask."""
    settings, first = setup.settings(), setup.encoders[:1]
    return {
        name: setup.jobs(replace(settings, training_threshold=threshold), first) for name, threshold in TRAINED.items()
    }


def conclude(setup: Setup) -> Findings:
    """Score each training mask at α ≥ 1, and sweep the evaluation mask."""
    seed = setup.seed
    scores = setup.score(conditions(setup))
    summary = summarise_conditions(scores, VIDEO, list(TRAINED), seed)
    sweep = _sweep(setup)
    sizes = _sizes(setup)
    figure, (left, right) = column_figure(2.1, 2)
    for place, name in enumerate(TRAINED):
        rows = sweep[sweep["trained"] == name]
        thresholds = rows["condition"].unique().tolist()
        draw_curve(
            left, [float(name) for name in thresholds], summarise_conditions(rows, VIDEO, thresholds, seed), name, place
        )
    left.set(xlabel="evaluation threshold α", ylabel="video correlation r")
    legend(left)
    for place, (animal, rows) in enumerate(sizes.groupby("animal", sort=False)):
        curve = rows.assign(mean=rows["diameter"], low=rows["diameter"], high=rows["diameter"])
        draw_curve(right, rows["threshold"].tolist(), curve, str(animal)[:14], place)
    draw_published(right, list(published.MASK_DIAMETERS), list(published.MASK_DIAMETERS.values()))
    right.set(xlabel="threshold α", ylabel="equal-area diameter (°)")
    legend(right)
    mean_size = sizes.groupby("threshold")["diameter"].mean()
    sentence = (
        f"Scored at α ≥ 1, descents reach {mean_text(summary, 'mask at 0.5')} with the training mask, "
        f"{mean_text(summary, 'no mask')} without and {mean_text(summary, 'strict mask')} with a strict one; the masks "
        f"are {mean_size[TRAINING_THRESHOLD]:.0f}° wide at α ≥ 0.5 and {mean_size[EVALUATION_THRESHOLD]:.0f}° at α ≥ 1."
    )
    caption = "Left: score against the evaluation threshold, by training mask. Right: size of the masks."
    pictures = [Picture("masks", caption, figure, sweep.rename(columns={"condition": "evaluation threshold"}))]
    fields = fields_of(setup)
    return Findings(
        [sentence, _against_fields(setup, fields), sentence_over_animals(scores, VIDEO, "mask at 0.5")],
        [*pictures, *coverage_pictures(setup, fields)],
        _comparison(summary, mean_size),
    )


def _against_fields(setup: Setup, fields: Mapping[str, ReceptiveFields]) -> str:
    mean = describe_fields(setup.session, fields).mean(numeric_only=True)
    return (
        f"How densely receptive fields cover a pixel and its value in the mask correlate at "
        f"{mean['coverage_and_mask']:.2f}; {100 * mean['in_mask']:.0f} % of the fields' centres lie at α ≥ 0.5, "
        f"{100 * mean['in_core']:.0f} % at α ≥ 1."
    )


def _sweep(setup: Setup) -> pd.DataFrame:
    """Return a row per clip, training mask and evaluation threshold (as ``condition``); empty masks are left out."""
    rows = []
    for name, clips in conditions(setup).items():
        for clip, jobs in clips.items():
            mask, truth = setup.session.mask(clip.animal), clip.read(setup.session).known_movie
            movie, scored = setup.movie(jobs), scored_frames(len(truth))
            for threshold in setup.scale.thresholds:
                if mask.max() >= threshold:
                    found = video_correlation(movie[scored], truth[scored], evaluation_region(mask, threshold))
                    row = {"trained": name, "condition": f"{threshold:g}", "animal": clip.animal, "clip": clip.name}
                    rows.append({**row, VIDEO: found})
    return pd.DataFrame(rows)


def _sizes(setup: Setup) -> pd.DataFrame:
    levels = sorted({*setup.scale.thresholds, TRAINING_THRESHOLD, EVALUATION_THRESHOLD} - {0.0})
    rows = [
        (animal, level, diameter)
        for level in levels
        for animal, diameter in zip(setup.session.recordings, mask_diameters(setup.session, level), strict=True)
    ]
    return pd.DataFrame(rows, columns=["animal", "threshold", "diameter"])


def _comparison(summary: pd.DataFrame, sizes: pd.Series) -> list[PaperComparison]:
    theirs = (published.WITHOUT_TRAINING_MASK, published.HEADLINE[0], published.STRICT_TRAINING_MASK)
    return [
        *(
            PaperComparison(name, mean_text(summary, name), f"{number}")
            for name, number in zip(TRAINED, theirs, strict=True)
        ),
        *(
            PaperComparison(f"diameter at α ≥ {level:g}", f"{sizes[level]:.0f}°", f"{degrees:.0f}°")
            for level, degrees in published.MASK_DIAMETERS.items()
        ),
    ]


MASKS = Study(
    "masks",
    "Masks",
    "What does restricting the descent to where the population sees do, and how does the score depend on the mask?",
    conclude,
    jobs_for(conditions),
)
