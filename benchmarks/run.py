"""The whole benchmark: one run on one machine, a table, a file of numbers and a page."""

import dataclasses
import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.comparisons import compare_inference, compare_training
from benchmarks.page import write_benchmark_page
from benchmarks.processes import compare_sharing, resident_peak
from benchmarks.report import Report
from benchmarks.scaling import by_animals, by_length, by_models, by_neurons, by_threads, peak_by_length
from benchmarks.subjects import make_subject
from benchmarks.table import rows_of, sentences_of, table_of
from reverie.encoders.fast import kernels
from reverie.foundation.devices import prepare_threads
from reverie.foundation.files import write_text
from reverie.foundation.progress import say

FULL_SIZE = "paper"


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    neurons: of the full-size encoder. lengths: frames of the clips that steps are timed for; peaks, resident: of those
    whose memory is counted by tensors and by the system. populations, models: how many neurons, and how many models,
    steps are timed for.
    """

    neurons: int = 7863
    rounds: int = 9
    training_rounds: int = 4
    training_batch: int = 1
    lengths: tuple[int, ...] = (300, 900, 1800, 5400, 18000)
    peaks: tuple[int, ...] = (32, 300, 3000)
    resident: tuple[int, ...] = (300, 3000)
    populations: tuple[int, ...] = (500, 2000, 4000, 8000)
    models: tuple[int, ...] = (1, 2, 4, 7)


QUICK = Effort(rounds=3, training_rounds=2, lengths=(100, 300, 900, 1800), peaks=(32, 64), resident=(32,))


def run_benchmark(out: Path, *, quick: bool) -> Report:
    """Measure, print the table, and write ``benchmark.json`` and ``benchmark.html`` into a folder."""
    prepare_threads()
    effort = QUICK if quick else Effort()
    subject = make_subject(FULL_SIZE, effort.neurons)
    say("Passes, steps and predictions, full size …")
    inference = compare_inference(subject, effort.rounds)
    say("Training steps, full size …")
    training = compare_training(subject, effort.training_rounds, batch=effort.training_batch)
    say("Growth with clip, neurons, models, animals and threads …")
    scalings = (
        by_length("tiny", effort.lengths, effort.training_rounds),
        by_neurons("tiny", effort.populations, effort.rounds),
        by_models("tiny", effort.models, effort.rounds),
        by_animals("tiny", (1, 2, 5), effort.rounds),
        by_threads(subject, effort.training_rounds),
    )
    say("Peak memory, full size …")
    peak = peak_by_length(subject, effort.peaks)
    resident: dict[float, float | None] = {
        float(frames): resident_peak(FULL_SIZE, effort.neurons, frames) for frames in effort.resident
    }
    say("Processes beside threads, full size …")
    sharing = compare_sharing(FULL_SIZE, effort.neurons, effort.rounds)
    report = Report(_machine(), inference, training, scalings, peak, resident, sharing)
    rows, sentences = rows_of(report.lines), sentences_of(report)
    # The table first: whatever happens to the files, it is seen.
    print("\n".join([table_of(rows), "", *sentences]))
    write_text(out / "benchmark.json", json.dumps(dataclasses.asdict(report), indent=1))
    write_benchmark_page(
        out / "benchmark.html",
        sentences=sentences,
        rows=rows,
        scalings=(*scalings, report.peak),
        machine=report.machine,
    )
    return report


def _machine() -> dict[str, object]:
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "compiled kernels": kernels.library() is not None,
    }
