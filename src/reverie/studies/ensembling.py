"""What is gained by averaging encoders, by their movies or their gradients, and by the final blur?"""

from functools import partial

from reverie.foundation.errors import ReverieError
from reverie.jobs.job import Clip, Job
from reverie.studies import published
from reverie.studies.conditions import mean_of, percent, sentence_over_animals, summarise_conditions, value
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.experiment_page import Beside
from reverie.studies.laboratory import Conditions, Laboratory
from reverie.studies.plates import column_figure, draw_curve, draw_groups, draw_published, explain

VIDEO = "video_correlation"
GRADIENTS, UNBLURRED = "gradients averaged", "without blur"


def sizes(encoders: int) -> list[int]:
    """Return how many encoders are averaged: 1, 2, 4 … as far as there are, and all.

    >>> sizes(7)
    [1, 2, 4, 7]
    """
    return sorted({size for size in (1, 2, 4) if size < encoders} | {encoders})


def name_of(size: int) -> str:
    """Return what a condition is called."""
    return f"{size} encoder{'s' * (size > 1)}"


def conditions(laboratory: Laboratory) -> Conditions:
    """Return, by condition, the jobs whose movies are averaged; raises ReverieError with a single encoder."""
    count = len(laboratory.encoders)
    if count < 2:
        raise ReverieError("Ensembling needs at least two encoders; name another one, trained with another --seed.")

    def first(size: int, clip: Clip) -> list[Job]:
        return laboratory.singles(clip)[:size]

    return {
        **{name_of(size): partial(first, size) for size in sizes(count)},
        GRADIENTS: lambda clip: [Job(clip, laboratory.encoders, laboratory.settings())],
    }


def plan(laboratory: Laboratory) -> list[Job]:
    """Every encoder alone, and one descent along the mean of all gradients."""
    return laboratory.all_jobs(conditions(laboratory))


def conclude(laboratory: Laboratory) -> Findings:
    """Compare sizes of ensembles, ways of averaging, and the blur."""
    count = len(laboratory.encoders)
    every, one = name_of(count), name_of(1)
    scores = laboratory.score_conditions(conditions(laboratory))
    scores = laboratory.add_scores(scores, UNBLURRED, lambda clip: laboratory.movie(laboratory.singles(clip), 0.0))
    names = [*map(name_of, sizes(count)), GRADIENTS, UNBLURRED]
    summary = summarise_conditions(scores, VIDEO, names, laboratory.materials.sources.seed)
    means = {name: mean_of(summary, name) for name in names}
    paper = published.BY_ENCODERS
    sentence = (
        f"Averaging the movies of {count} encoders changes the score by {percent(means[every], means[one])} over "
        f"one; averaging their gradients instead by {percent(means[GRADIENTS], means[one])}, and leaving out the "
        f"final blur takes {percent(means[UNBLURRED], means[every])}."
    )
    theirs = {name_of(size): f"{paper[size]} ({percent(paper[size], paper[1])})" for size in paper if size > 1}
    theirs[one] = f"{paper[1]}"
    comparison = [Beside(name, value(summary, name), theirs.get(name, "–")) for name in names[:-2]]
    for name, number in ((GRADIENTS, published.GRADIENT_ENSEMBLING), (UNBLURRED, published.WITHOUT_BLUR)):
        change = percent(number, paper[7])
        ours = f"{value(summary, name)} ({percent(means[name], means[every])} of all movies averaged)"
        comparison.append(Beside(name, ours, f"{number} ({change})"))
    figure, (left, right) = column_figure(2.0, 2, (2, 3))
    curve = summary[summary["condition"].isin(names[:-2])]
    draw_curve(left, sizes(count), curve, "measured")
    draw_published(left, list(paper), list(paper.values()))
    left.set(xlabel="encoders averaged", ylabel="video correlation r", xticks=sorted({*sizes(count), *paper}))
    explain(left)
    shown = scores.replace({"condition": {every: "movies", GRADIENTS: "gradients", UNBLURRED: "no blur"}})
    of_shown = summary.replace({"condition": {every: "movies", GRADIENTS: "gradients", UNBLURRED: "no blur"}})
    draw_groups(right, shown, of_shown, VIDEO, ["movies", "gradients", "no blur"])
    caption = "Left: mean and 95 % interval over clips against encoders averaged. Right: all encoders, three ways."
    return Findings(
        [sentence, sentence_over_animals(scores, VIDEO, one)],
        [Picture("ensembling", caption, figure, scores)],
        comparison,
    )


ENSEMBLING = Experiment(
    "ensembling",
    "Averaging encoders",
    "How much do several encoders that differ only in their seed improve a reconstruction?",
    plan,
    conclude,
)
