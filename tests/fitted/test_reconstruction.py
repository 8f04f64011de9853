import json
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from tests.fitted.reconstructions import SHAPE, made_up

from reverie.fitted.reconstruction import Reconstruction, scores_of
from reverie.foundation.errors import ReverieError
from reverie.scoring.correlation import video_correlation


def width_of(one, level):
    """Half the width of an interval in standard deviations."""
    low, high = one.interval(level)
    assert low.dtype == high.dtype == np.float32
    np.testing.assert_allclose((low + high) / 2, one.frames, atol=1e-3)
    widths = (high - low) / 2 / one.std
    assert np.ptp(widths) < 1e-4
    return widths.mean()


def middling(**changes):
    """A movie far from black and white, where nothing is cut off."""
    return made_up(frames=np.full(SHAPE, 127.5, np.float32), **changes)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.6827, 0.95, 0.99])
def test_without_a_calibration_intervals_are_those_of_a_normal_distribution(level):
    assert width_of(middling(half_widths=None), level) == pytest.approx(norm.ppf((1 + level) / 2), abs=1e-4)


def test_one_standard_deviation_to_either_side_is_68_per_cent():
    assert width_of(middling(half_widths=None), 0.682689) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(("level", "expected"), [(0.5, 0.7), (0.8, 1.4), (0.95, 2.4)])
def test_at_calibrated_levels_intervals_are_what_was_measured(level, expected):
    assert width_of(middling(), level) == pytest.approx(expected, abs=1e-4)


def test_between_and_beyond_calibrated_levels_they_are_so_many_times_the_normal_ones():
    usual = norm.ppf(0.5 + np.array([0.25, 0.4, 0.475]))
    ratios = np.array([0.7, 1.4, 2.4]) / usual
    between = norm.cdf((usual[0] + usual[1]) / 2) * 2 - 1  # midway in standard deviations
    expected = (usual[0] + usual[1]) / 2 * (ratios[0] + ratios[1]) / 2
    assert width_of(middling(), between) == pytest.approx(expected, abs=1e-4)
    assert width_of(middling(), 0.2) == pytest.approx(norm.ppf(0.6) * ratios[0], abs=1e-4)
    assert width_of(middling(), 0.999) == pytest.approx(norm.ppf(0.9995) * ratios[2], abs=1e-4)


def test_a_likelier_interval_holds_the_others_and_all_end_at_black_and_white():
    one = made_up(std=np.full(SHAPE, 90.0, np.float32))
    (low, high), (lower, higher) = one.interval(0.5), one.interval()
    assert (lower <= low).all()
    assert (high <= higher).all()
    assert lower.min() == 0
    assert higher.max() == 255


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, -0.5, float("nan")])
def test_impossible_levels_are_refused(level):
    with pytest.raises(ReverieError, match="between 0 and 1"):
        made_up().interval(level)


def test_it_is_shown_in_a_line():
    assert repr(made_up(method="ridge")).startswith("<Reconstruction of ")
    assert len(repr(made_up(method="ridge"))) < 100


def test_without_a_standard_deviation_there_is_no_interval():
    with pytest.raises(ReverieError, match="method `ridge` gave no standard deviation"):
        made_up(method="ridge", std=None).interval()


def test_intervals_hold_the_truth_as_often_as_they_say():
    one = made_up(half_widths=None)
    low, high = one.interval(0.8)
    assert ((low <= one.truth) & (one.truth <= high)).mean() == pytest.approx(0.8, abs=0.03)


def test_scores_are_named_and_come_with_controls_and_coverage():
    one = made_up()
    scores = one.score(seed=3)
    assert scores["video_correlation"] == pytest.approx(
        video_correlation(one.frames[8:], one.truth[8:], np.ones(SHAPE[1:], bool)), abs=1e-6
    )
    assert abs(scores["video_correlation_other_movie"]) < 0.1 < scores["video_correlation"]
    assert scores == pytest.approx(one.score(seed=3), nan_ok=True)
    inside = np.abs(one.frames - one.truth)[8:] <= 1.4 * 12
    assert scores["coverage_80"] == pytest.approx(inside.mean(), abs=1e-3)
    assert not any(name.startswith("coverage") for name in made_up(half_widths=None).score())


def test_without_a_truth_there_are_no_scores():
    with pytest.raises(ReverieError, match="mouse1 trial 0 has no true movie"):
        made_up(truth=None).score()
    assert scores_of([made_up(truth=None)]).empty
    table = scores_of([made_up(truth=None), made_up(1), made_up(2)])
    assert table[["animal", "trial", "method"]].to_numpy().tolist() == [["mouse1", "1", "map"], ["mouse1", "2", "map"]]


LEAST = {field.name: None for field in fields(Reconstruction) if field.default is None}
NOTHING = {name: None for name in LEAST if name != "degrees_per_pixel"}


@pytest.mark.parametrize(
    "one", [made_up(), made_up(degrees_per_pixel=3.4, frame_rate=25.0), made_up(**NOTHING, notes=())]
)
def test_it_is_read_back_as_it_was(one, tmp_path):
    one.save(tmp_path)
    again = Reconstruction.load(str(tmp_path))
    for field in fields(Reconstruction):
        before, after = getattr(one, field.name), getattr(again, field.name)
        if isinstance(before, pd.DataFrame):
            pd.testing.assert_frame_equal(after, before)
        elif isinstance(before, np.ndarray):
            assert after.dtype == before.dtype
            np.testing.assert_array_equal(after, before)
        else:
            assert after == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "evidence.npz",
        "movie.npz",
        "reconstruction.json",
        "trace.csv",
    ]


def test_the_movie_lies_apart_from_what_it_is_compared_with(tmp_path):
    made_up().save(tmp_path)
    assert set(np.load(tmp_path / "movie.npz")) == {"frames", "mask", "std", "half_widths", "information"}
    assert {"truth", "responses", "other_movies"} <= set(np.load(tmp_path / "evidence.npz"))


@pytest.mark.parametrize("name", ["evidence.npz", "movie.npz", "reconstruction.json", "trace.csv"])
def test_a_file_that_is_missing_is_named(name, tmp_path):
    made_up().save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ReverieError, match=name):
        Reconstruction.load(tmp_path)


def test_incomplete_files_are_named(tmp_path):
    made_up().save(tmp_path)
    told = json.loads((tmp_path / "reconstruction.json").read_text())
    del told["checksum"], told["digests"]  # else it would be the changed file that is named
    (tmp_path / "reconstruction.json").write_text(json.dumps(told))
    np.savez(tmp_path / "movie.npz", frames=np.zeros(SHAPE, np.float32))
    with pytest.raises(ReverieError, match=r"is incomplete .*reconstruct the trial again"):
        Reconstruction.load(tmp_path)
    made_up().save(tmp_path)
    (tmp_path / "reconstruction.json").write_text("{}")
    with pytest.raises(ReverieError, match="is incomplete"):
        Reconstruction.load(tmp_path)


@pytest.mark.parametrize(
    "change", [{"frame_rate": "30"}, {"frame_rate": -1.0}, {"digests": 3}, {"method": []}, {"degrees_per_pixel": {}}]
)
def test_values_of_another_type_are_named(change, tmp_path):
    made_up().save(tmp_path)
    told = json.loads((tmp_path / "reconstruction.json").read_text())
    del told["checksum"]
    (tmp_path / "reconstruction.json").write_text(json.dumps({**told, **change}))
    with pytest.raises(ReverieError, match=r"reconstruction\.json is incomplete"):
        Reconstruction.load(tmp_path)


@pytest.mark.parametrize("name", ["evidence.npz", "movie.npz", "reconstruction.json", "trace.csv"])
def test_files_changed_afterwards_are_named(name, tmp_path):
    made_up().save(tmp_path)
    path = tmp_path / name
    if path.suffix == ".npz":
        with np.load(path) as archive:
            np.savez(path, **{each: archive[each] * archive[each].dtype.type(3) for each in archive.files})
    else:
        path.write_text(path.read_text().replace("0.", "1."))
    with pytest.raises(ReverieError, match=rf"{name} is not what was written"):
        Reconstruction.load(tmp_path)


def test_it_does_not_change():
    with pytest.raises(AttributeError):
        made_up().std = None
    assert replace(made_up(), trial="9").name == "mouse1 trial 9"


def test_arrays_are_labelled_in_seconds_and_degrees():
    one = made_up(degrees_per_pixel=3.5, frame_rate=20.0)
    data = one.to_xarray()
    assert dict(data.sizes) == {"time": SHAPE[0], "y": SHAPE[1], "x": SHAPE[2], "neuron": 6}
    np.testing.assert_allclose(data["time"], np.arange(SHAPE[0]) / 20)
    np.testing.assert_allclose(data["y"], 3.5 * np.arange(SHAPE[1]))
    np.testing.assert_allclose(data["x"], 3.5 * np.arange(SHAPE[2]))
    assert (data["time"].attrs["units"], data["x"].attrs["units"]) == ("s", "degree")
    assert data.attrs == {"animal": "mouse1", "trial": "0", "method": "map"}
    np.testing.assert_array_equal(data["movie"].sel(time=0.5, y=7.0, x=3.5), one.frames[10, 2, 1])
    np.testing.assert_array_equal(data["responses"].isel(neuron=2), one.responses[2])
    assert data["information"].dims == ("y", "x")


def test_places_are_pixels_where_their_size_is_not_known():
    data = made_up().to_xarray()
    np.testing.assert_array_equal(data["x"], np.arange(SHAPE[2]))
    assert data["y"].attrs["units"] == "pixel"


def test_unknown_arrays_are_left_out_of_xarray():
    data = made_up(std=None, truth=None, information=None, responses=None, rates=None).to_xarray()
    assert set(data.data_vars) == {"movie", "mask"}
