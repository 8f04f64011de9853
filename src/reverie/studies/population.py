"""How does a reconstruction depend on the number of neurons?"""

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
from reverie.studies.figures import column_figure, draw_curve, draw_published, legend
from reverie.studies.setup import Conditions, Setup, jobs_for
from reverie.studies.study import Findings, PaperComparison, Picture, Study

WAYS = {False: "left out", True: "silenced"}


def name_of(share: float, silenced: bool) -> str:
    """Return the name of a condition; with all neurons there is nothing to leave out or silence.

    >>> name_of(0.125, True)
    '12.5 % silenced'
    """
    return "all neurons" if share >= 1 else f"{100 * share:g} % {WAYS[silenced]}"


def conditions(setup: Setup) -> Conditions:
    """Return the job of each clip, by condition: the first encoder, and a share of the neurons."""
    settings = setup.settings()
    return {
        name_of(share, way): {
            clip: [Job(clip, setup.encoders[:1], settings, share=share, silenced=way and share < 1)]
            for clip in setup.clips
        }
        for way in WAYS
        for share in setup.scale.shares
    }


def conclude(setup: Setup) -> Findings:
    """Compare shares of neurons, and the two ways of doing without the others."""
    shares = sorted(setup.scale.shares)
    scores = setup.score(conditions(setup))
    names = list(scores["condition"].unique())
    summary = summarise_conditions(scores, VIDEO, names, setup.seed)
    whole, least = name_of(1.0, False), min(shares)
    kept, silent = (mean_of(summary, name_of(least, way)) for way in WAYS)
    neurons = ", ".join(str(recording.neurons) for recording in setup.session.recordings.values())
    sentences = [
        f"With {100 * least:g} % of the neurons ({neurons} in all) the video correlation changes by "
        f"{percent(kept, mean_of(summary, whole))}; silencing the others instead of leaving them out changes it by "
        f"{percent(silent, mean_of(summary, whole))}.",
        "The released code silences: it sets the responses of dropped neurons to 0 but keeps their predictions in the "
        "loss, so that they push the movie towards what makes them silent. Here both are done with the same neurons, "
        "drawn anew for each clip, smaller shares being part of larger ones; one encoder, no averaging.",
        sentence_over_animals(scores, VIDEO, whole),
    ]
    figure, (axes,) = column_figure()
    for place, way in enumerate(WAYS):
        curve = summary.set_index("condition").loc[[name_of(share, way) for share in shares]]
        draw_curve(axes, [100 * share for share in shares], curve, f"others {WAYS[way]}", place)
    paper = published.BY_SHARE
    draw_published(axes, [100 * share for share in paper], list(paper.values()), "paper (silenced, 7 encoders)")
    axes.set_xscale("log", base=2)
    ticks = [100 * share for share in sorted({*shares, *paper})]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel="neurons kept (%)", ylabel="video correlation r")
    legend(axes)
    comparison = [
        PaperComparison(
            name_of(share, way),
            f"{mean_text(summary, name_of(share, way))} "
            f"({percent(mean_of(summary, name_of(share, way)), mean_of(summary, whole))})",
            f"{paper[share]} ({percent(paper[share], paper[1.0])})" if (way or share >= 1) and share in paper else "–",
        )
        for way in WAYS
        for share in reversed(shares)
        if share < 1 or not way
    ]
    caption = "Mean and 95 % interval over clips against the share of neurons kept."
    return Findings(sentences, [Picture("population", caption, figure, scores)], comparison)


POPULATION = Study(
    "population",
    "Fewer neurons",
    "How much of a reconstruction is left when only some of the neurons are used?",
    conclude,
    jobs_for(conditions),
)
