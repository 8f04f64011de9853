from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reverie.reporting.content import RunContent
from reverie.reporting.trial_view import frame_correlation_curve, mask_view, trial_view
from reverie.scoring.correlation import frame_correlations


def test_mask_sizes_are_told_in_degrees_where_these_are_known(make_run: Callable[..., RunContent]) -> None:
    trial = make_run(1, frames=60).trials[0]
    disc = (np.hypot(*np.ogrid[-17.5:18, -31.5:32]) < 10).astype(np.float32)
    known, unknown = (mask_view(replace(trial, mask=disc, degrees_per_pixel=degree)) for degree in (3.4, None))
    assert known.sizes[0].endswith("316 of 2,304 px, like a disc 68° across")
    assert known.span == "218° wide, 122° high"
    assert unknown.sizes[0].endswith("316 of 2,304 px")
    assert unknown.span == "64 px wide, 36 px high"


def test_an_empty_mask_leaves_out_what_needs_one(make_run: Callable[..., RunContent]) -> None:
    trial = make_run(1, frames=60).trials[0]
    blind = replace(trial, mask=np.zeros_like(trial.mask))
    assert frame_correlation_curve(blind) == []
    assert mask_view(blind).evaluation == ""


def test_one_neuron_has_no_neighbours(make_run: Callable[..., RunContent]) -> None:
    trial = make_run(1, frames=60).trials[0]
    rates = np.random.default_rng(0).gamma(1.0, 1.0, (2, 60))
    few, one = (
        trial_view(replace(trial, responses=rates[:count], rates=None, rates_from_truth=None), 1) for count in (2, 1)
    )
    assert few.hints[0].startswith("2 neurons, in units of each neuron's standard deviation, ordered so")
    assert one.hints[0] == "1 neuron, in units of each neuron's standard deviation."


def test_frame_correlations_are_drawn_at_their_height(make_run: Callable[..., RunContent]) -> None:
    trial = make_run(1, frames=60).trials[0]
    curve = frame_correlation_curve(trial)[0]
    drawn = np.array([point.split()[1] for point in curve.path[1:].split("L")], float)
    assert trial.truth is not None
    values = frame_correlations(trial.reconstruction, trial.truth, trial.evaluation_region)
    low = min(0, values.min())
    assert np.allclose(1 - drawn / 100, (values - low) / (1 - low), atol=1e-3)


def test_a_standard_deviation_gets_its_own_scale(make_run: Callable[..., RunContent]) -> None:
    trial = make_run(1, frames=60).trials[0]
    std = np.linspace(0, 40, trial.reconstruction.size, dtype=np.float32).reshape(trial.reconstruction.shape)
    view = trial_view(replace(trial, std=std), 1)
    assert view.std_top == "40"
    assert "std" in view.data["movies"]
    impossible = trial_view(replace(trial, std=10 * std), 1)
    assert float(impossible.std_top) == pytest.approx(127.5, abs=0.5)


def test_information_is_drawn_beside_the_mask_and_told(make_run: Callable[..., RunContent]) -> None:
    trial = make_run(1, frames=60).trials[0]
    assert mask_view(trial).information == ""
    information = np.where(trial.evaluation_region, 0.8, 0.1).astype(np.float32)
    view = mask_view(replace(trial, information=information))
    assert view.information.startswith("data:image/png")
    assert "0.80 in the scored region, 0.10 outside the optimised one" in view.information_sentence
