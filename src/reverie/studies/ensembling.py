"""What does averaging encoders (their movies or their gradients) gain, and what does the final blur?"""

import pandas as pd

from reverie.foundation.errors import NotApplicable, counted
from reverie.jobs.job import Job
from reverie.studies import published
from reverie.studies.conditions import (
    VIDEO,
    mean_of,
    mean_text,
    percent,
    sentence_over_animals,
    summarise_conditions,
)
from reverie.studies.figures import column_figure, draw_curve, draw_groups, draw_published, legend
from reverie.studies.setup import Conditions, Setup, jobs_for
from reverie.studies.study import Findings, PaperComparison, Picture, Study

GRADIENTS, UNBLURRED = "gradients averaged", "without blur"


def sizes(encoders: int) -> list[int]:
    """Return the numbers of encoders to average: 1, 2, 4 … up to all of them.

    >>> sizes(7)
    [1, 2, 4, 7]
    """
    return sorted({size for size in (1, 2, 4) if size < encoders} | {encoders})


def name_of(size: int) -> str:
    """Return the name of a condition."""
    return counted(size, "encoder")


def conditions(setup: Setup) -> Conditions:
    """Return, by condition, the jobs whose movies are averaged; raises NotApplicable with a single encoder."""
    count = len(setup.encoders)
    if count < 2:
        raise NotApplicable("Ensembling needs at least two encoders; name another one, trained with another --seed.")
    settings = setup.settings()
    return {
        **{name_of(size): setup.jobs(settings, setup.encoders[:size]) for size in sizes(count)},
        GRADIENTS: {clip: [Job(clip, setup.encoders, settings)] for clip in setup.clips},
    }


def conclude(setup: Setup) -> Findings:
    """Compare sizes of ensembles, ways of averaging, and blurs."""
    count = len(setup.encoders)
    every, one = name_of(count), name_of(1)
    unblurred = setup.score({UNBLURRED: setup.jobs()}, sigma=0.0)
    scores = pd.concat([setup.score(conditions(setup)), unblurred], ignore_index=True)
    names = [*map(name_of, sizes(count)), GRADIENTS, UNBLURRED]
    summary = summarise_conditions(scores, VIDEO, names, setup.seed)
    means = {name: mean_of(summary, name) for name in names}
    paper = published.BY_ENCODERS
    sentence = (
        f"Averaging the movies of {count} encoders changes the score by {percent(means[every], means[one])} over "
        f"one; averaging their gradients instead by {percent(means[GRADIENTS], means[one])}, and leaving out the "
        f"final blur takes {percent(means[UNBLURRED], means[every])}."
    )
    theirs = {name_of(size): f"{paper[size]} ({percent(paper[size], paper[1])})" for size in paper if size > 1}
    theirs[one] = f"{paper[1]}"
    comparison = [PaperComparison(name, mean_text(summary, name), theirs.get(name, "–")) for name in names[:-2]]
    for name, number in ((GRADIENTS, published.GRADIENT_ENSEMBLING), (UNBLURRED, published.WITHOUT_BLUR)):
        change = percent(number, paper[7])
        ours = f"{mean_text(summary, name)} ({percent(means[name], means[every])} of all movies averaged)"
        comparison.append(PaperComparison(name, ours, f"{number} ({change})"))
    figure, (left, right) = column_figure(2.0, 2, (2, 3))
    curve = summary[summary["condition"].isin(names[:-2])]
    draw_curve(left, sizes(count), curve, "measured")
    draw_published(left, list(paper), list(paper.values()))
    left.set(xlabel="encoders averaged", ylabel="video correlation r", xticks=sorted({*sizes(count), *paper}))
    legend(left)
    shown = scores.replace({"condition": {every: "movies", GRADIENTS: "gradients", UNBLURRED: "no blur"}})
    of_shown = summary.replace({"condition": {every: "movies", GRADIENTS: "gradients", UNBLURRED: "no blur"}})
    draw_groups(right, shown, of_shown, VIDEO, ["movies", "gradients", "no blur"])
    caption = "Left: mean and 95 % interval over clips against encoders averaged. Right: all encoders, three ways."
    return Findings(
        [sentence, sentence_over_animals(scores, VIDEO, one)],
        [Picture("ensembling", caption, figure, scores)],
        comparison,
    )


ENSEMBLING = Study(
    "ensembling",
    "Averaging encoders",
    "How much do several encoders that differ only in their seed improve a reconstruction?",
    conclude,
    jobs_for(conditions),
)
