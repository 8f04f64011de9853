import json
import math

import pytest
from benchmarks.comparisons import products_of_pass
from benchmarks.published_loop import stacks_of_prediction, stacks_of_step
from benchmarks.subjects import make_subject

from benchmarks import run

TINY = run.Effort(
    neurons=12,
    rounds=1,
    training_rounds=1,
    lengths=(40, 64),
    peaks=(32, 64),
    resident=(32,),
    populations=(50, 100),
    models=(1, 2),
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    patch = pytest.MonkeyPatch()
    patch.setattr(run, "FULL_SIZE", "tiny")
    patch.setattr(run, "QUICK", TINY)
    report = run.run_benchmark(folder / "deep" / "out", quick=True)
    patch.undo()
    return report, folder / "deep" / "out"


@pytest.mark.slow
def test_both_compute_the_same(bench):
    report, _ = bench
    apart = [value for line in report.lines for value in line.apart.values()]
    assert len(apart) == 3
    assert max(apart) < 1e-4


@pytest.mark.slow
def test_the_step_counts_the_passes_of_the_paper(bench):
    report, _ = bench
    same, side_by_side = report.inference.lines[1:3]
    assert same.counts == {"published stacks": 70, "our stacks": 70}
    assert 20 <= side_by_side.counts["our stacks"] <= 22
    assert (stacks_of_step(300), stacks_of_prediction(300)) == (70, 270)


@pytest.mark.slow
def test_all_numbers_are_in_the_file_and_on_the_page(bench):
    report, folder = bench
    found = json.loads((folder / "benchmark.json").read_text())
    assert found["training"]["ratio"]["typical"] == report.training.ratio.typical
    assert all(math.isfinite(line["ratio"]["typical"]) for line in found["inference"]["lines"])
    page = (folder / "benchmark.html").read_text()
    assert page.count("<svg") == len(report.scalings) + 1
    for line in report.lines:
        assert line.name in page
    assert "src=" not in page


@pytest.mark.slow
def test_animals_processes_and_memory_are_told_of(bench):
    report, folder = bench
    animals = next(each for each in report.scalings if each.name == "animals")
    assert animals.at == (1, 2, 5)
    page = (folder / "benchmark.html").read_text()
    assert "each of the animals" in page
    if report.sharing is not None:
        assert report.sharing.processes >= 2
        assert "processes of one thread each" in page
    for frames, peak in report.resident.items():
        # Tens of megabytes for this size, a few of which the system may have had left over.
        assert peak is None or 2**20 < peak < 2**29, frames


def test_the_products_of_the_full_size_are_those_reckoned_by_hand():
    """Its widest point-wise layers alone: 2 * 64 * 448 operations for each of 16 * 64 * 64 pixels, and so on."""
    assert products_of_pass(make_subject("paper", 10)) == pytest.approx(56e9, rel=0.03)
