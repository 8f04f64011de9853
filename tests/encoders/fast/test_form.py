import copy
import dataclasses

import pytest
import torch
from tests.encoders.fast.choices import CHOICES
from tests.inversion.toys import PlaneEncoder, SpotEncoder
from torch import nn

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.encoders.fast import block, kernels
from reverie.encoders.fast import dwiseneuro as fast_dwiseneuro
from reverie.encoders.fast.form import frozen_form
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.foundation.errors import ReverieError
from reverie.simulation.truth import SimulatedTruth, SimulatedTruthConfig

MICE = {"other": 3, "toy": 7}
SIZE = (12, 16)
TINY = DwiseNeuroConfig(
    (6, 9, 8), (2, 1, 3), expansion_ratio=7, squeeze_ratio=4, cortex_features=(12, 20), canvas=(16, 17), groups=2
)


def untidy(encoder):
    """Give every normalisation statistics, and every readout weights, that are not those it began with."""
    torch.manual_seed(1)
    for module in encoder.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2.0)
    with torch.no_grad():
        for weight in encoder.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return encoder


def dwiseneuro(**changes):
    torch.manual_seed(0)
    return untidy(DwiseNeuro(dataclasses.replace(TINY, **changes), MICE, SIZE))


def compact(**changes):
    torch.manual_seed(0)
    encoder = untidy(Compact(CompactConfig(filters=6, filter_size=5, features=5, **changes), MICE, SIZE))
    for readout in encoder.readouts:
        readout.shift.data.uniform_(-2, 2)
    return encoder


def linear_nonlinear():
    torch.manual_seed(0)
    return untidy(LinearNonlinear(LinearNonlinearConfig(taps=4, rank=2), MICE, SIZE))


ENCODERS = {
    "dwiseneuro": dwiseneuro,
    "dwiseneuro, other kernels": lambda: dwiseneuro(spatial_kernel=5, temporal_kernel=3, groups=4),
    "dwiseneuro, one block": lambda: dwiseneuro(core_features=(8,), spatial_strides=(1,), stack_frames=6, frame_step=1),
    "compact": compact,
    "compact that follows the eye": lambda: compact(shifter=True),
    "linear_nonlinear": linear_nonlinear,
    "simulated truth": lambda: SimulatedTruth(SimulatedTruthConfig(), MICE, SIZE),
    "one of the user's own": lambda: SpotEncoder(7, history=3, size=SIZE),
    "one with planes of the user's own": lambda: PlaneEncoder(7),
}
ROWS = {"all neurons": None, "some neurons": [5, 0, 3], "one neuron": [6]}


@pytest.fixture(scope="module", params=ENCODERS.values(), ids=ENCODERS.keys())
def encoder(request):
    return request.param().train()


@pytest.fixture(params=ROWS.values(), ids=ROWS.keys())
def rows(request):
    return None if request.param is None else torch.tensor(request.param)


def clip_for(encoder, *, planes, batch=3):
    generator = torch.Generator().manual_seed(4)
    frames = encoder.window or 20
    movie = 127.5 + 40 * torch.randn(batch, frames, *encoder.canvas, generator=generator)
    state = 3 * torch.rand(batch, 4, frames, generator=generator)
    if planes:
        state = state[..., None, None].expand(*state.shape, *encoder.canvas)
    return movie.requires_grad_(), state.requires_grad_()


def rates_and_gradients(encoder, movie, state, rows=None):
    rates = encoder(movie, state, "toy")
    rates = rates if rows is None else rates[:, rows]
    weights = torch.randn(rates.shape, generator=torch.Generator().manual_seed(5))
    return rates.detach(), torch.autograd.grad((weights * rates).sum(), [movie, state], allow_unused=True)


def plain_rates_and_gradients(encoder, movie, state, rows):
    return rates_and_gradients(copy.deepcopy(encoder).eval(), movie, state, rows)


def distance(found, expected):
    """The length of the difference as part of the length of what is expected."""
    return float((found - expected).norm() / expected.norm().clamp_min(1e-12))


def test_rates_and_gradients_are_those_of_the_plain_module(encoder, rows):
    form = frozen_form(encoder, "toy", rows)
    assert form.mice == {"toy": 7 if rows is None else len(rows)}
    for planes in {False, encoder.sees_state_as_planes}:
        check_alike(form, encoder, rows, *clip_for(encoder, planes=planes))


def check_alike(form, encoder, rows, movie, state):
    expected, gradients = plain_rates_and_gradients(encoder, movie, state, rows)
    found, quick = rates_and_gradients(form, movie, state)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    for mine, theirs in zip(quick, gradients, strict=True):
        assert (mine is None) == (theirs is None)
        assert mine is None or distance(mine, theirs) < 1e-3


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("numbers", [1, 30_000])
def test_fast_form_agrees_for_all_kernels_slices_and_batches(monkeypatch, numbers, choice):
    monkeypatch.setenv(kernels.CHOICE, choice)
    monkeypatch.setattr(block, "SLICE_NUMBERS", numbers)
    monkeypatch.setattr(fast_dwiseneuro, "CORE_NUMBERS", (10 * numbers, 0))
    encoder = dwiseneuro()
    check_alike(frozen_form(encoder, "toy"), encoder, None, *clip_for(encoder, planes=True))


def test_whole_clips_are_predicted_alike(encoder, rows):
    movie, state = (each.detach()[0] for each in clip_for(encoder, planes=False))
    movie, state = torch.cat([movie, movie.flip(0)]), torch.cat([state, state], dim=1)
    form = frozen_form(encoder, "toy", rows)
    with torch.no_grad():
        expected = copy.deepcopy(encoder).eval().predict_clip(movie, state, "toy")
        found = form.predict_clip(movie, state, "toy")
    torch.testing.assert_close(found, expected if rows is None else expected[rows], atol=1e-4, rtol=1e-4)


def test_a_prediction_can_be_differentiated():
    encoder = dwiseneuro()
    form, (movie, state) = frozen_form(encoder, "toy"), clip_for(encoder, planes=False, batch=1)
    gradients = []
    for each in (form, encoder.eval()):
        rates = each.predict_clip(movie[0], state[0], "toy")
        gradients.append(torch.autograd.grad(rates.sum(), movie)[0])
    assert distance(*gradients) < 1e-3


def test_a_form_tells_what_the_encoder_told(encoder):
    form = frozen_form(encoder, "toy")
    for name in ("history", "window", "canvas", "frame_size", "sees_state_as_planes"):
        assert getattr(form, name) == getattr(encoder, name)


def test_nothing_of_the_encoder_changes(encoder):
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    random = torch.get_rng_state()
    rates_and_gradients(frozen_form(encoder, "toy"), *clip_for(encoder, planes=False))
    assert encoder.training
    assert encoder.mice["toy"] == 7
    assert all(weight.requires_grad and weight.grad is None for weight in encoder.parameters())
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


def test_a_second_way_back_gives_the_same_bits(encoder):
    movie, state = clip_for(encoder, planes=False)
    form = frozen_form(encoder, "toy")
    first, second = (rates_and_gradients(form, movie, state)[1][0] for _ in range(2))
    assert torch.equal(first, second)


def test_an_unknown_animal_or_neuron_is_refused(encoder):
    with pytest.raises(ReverieError, match="no readout for animal 'nobody'"):
        frozen_form(encoder, "nobody")
    for rows in ([], [7], [-1]):
        with pytest.raises(ReverieError, match="rows 0 to 6"):
            frozen_form(encoder, "toy", torch.tensor(rows, dtype=torch.long))
