"""Turning a run folder into the page to look at."""

from pathlib import Path
from typing import Any

from reverie.fitted.pages import content_of
from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.progress import say
from reverie.reporting.page import write_page
from reverie.runs.evaluating import read_or_evaluate
from reverie.runs.run_folder import RunFolder


def report_run(folder: Path) -> Path:
    """Write RUN/report.html and return its path; movies that are not scored yet are scored first.

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
    return run.report


def _sentences(record: dict[str, Any], trials: int) -> list[str]:
    settings, places = record["settings"], record.get("places", {})
    encoders = len(settings.get("encoders", ()))
    return [
        *record.get("about", ()),
        f"{trials} {'trial was' if trials == 1 else 'trials were'} reconstructed from single-trial responses by the "
        f"method “{settings.get('method')}” with {encoders} {'encoder' if encoders == 1 else 'encoders'}; "
        f"recordings: {places.get('data', 'unknown')}.",
    ]
