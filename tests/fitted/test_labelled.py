import sys

import numpy as np
import pytest
from tests.fitted.reconstructions import SHAPE, made_up

from reverie.foundation.errors import ReverieError


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


def test_what_is_not_known_is_left_out():
    data = made_up(std=None, truth=None, information=None, responses=None, rates=None).to_xarray()
    assert set(data.data_vars) == {"movie", "mask"}


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ReverieError, match="pip install xarray"):
        made_up().to_xarray()
