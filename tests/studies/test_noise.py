import numpy as np
import pandas as pd
import pytest

from reverie.studies import noise
from reverie.studies.running import run_study
from reverie.studies.synthetic import TableSize

SIZE = TableSize((8.0, 0.0), (0.0, 4.0), frames=24, animals=1)


@pytest.fixture(scope="module")
def section(setup):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(noise.SIZES, setup.scale.name, SIZE)
        return run_study(setup, noise.NOISE)


def test_the_table_falls_towards_small_constants(section):
    table = (
        section.findings.pictures[0].data.dropna(subset="here").pivot(index="pixels", columns="frames", values="here")
    )
    assert table.shape == (2, 2)
    assert (table.loc[8.0] > table.loc[0.0] + 0.1).all()
    assert table.loc[8.0, 4.0] > table.loc[8.0, 0.0]


def test_cells_have_degrees_and_the_published_number(section):
    cell = section.findings.pictures[0].data.query("pixels == 8 and frames == 4").iloc[0]
    assert cell["degrees"] == pytest.approx(27.2)
    assert cell["seconds"] == pytest.approx(4 / 30)
    assert cell["cycles_per_degree"] == pytest.approx(np.sqrt(np.log(2)) / (2 * np.pi * 27.2))
    assert cell["paper"] == 0.91
    assert len(section.findings.pictures[0].data) == 49


def test_the_square_that_is_filled_is_told_as_large_as_it_is(section):
    assert any("in the middle 18 × 18 pixels" in sentence for sentence in section.findings.sentences)


def test_several_models_are_better_than_one(section):
    means = section.findings.pictures[1].data.groupby("models")["video_correlation"].mean()
    assert means[2] > means[1]


def test_only_the_average_of_most_models_is_drawn_against_its_stimulus():
    names = [f"{name}_{of}" for name in ("motion_energy", "entropy") for of in ("truth", "reconstruction")]
    scores = pd.DataFrame([[1, 9.0, 9.0, 9.0, 9.0], [2, 4.0, 3.0, 2.0, 1.0]], columns=["models", *names])
    left, right = noise.activity_figure(scores).axes
    assert [axes.lines[1].get_xydata().tolist() for axes in (left, right)] == [[[4.0, 3.0]], [[2.0, 1.0]]]
