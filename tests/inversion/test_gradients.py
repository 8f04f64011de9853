import pytest
import torch
from tests.inversion.toys import FRAMES, SIZE, PlaneEncoder, SpotEncoder, observe, smooth_movie

from reverie.encoders.contract import frozen
from reverie.foundation.errors import ReverieError
from reverie.inversion.gradients import fitting_batch, normalised_gradient, poisson, squared_error, window_gradients
from reverie.inversion.windows import cut, cut_for


def test_poisson_is_least_where_rates_are_the_responses():
    responses = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(0)) + 0.5
    rates = responses.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(poisson(rates, responses).sum(), rates)
    assert gradient.abs().max() < 1e-6


def test_silence_is_finite():
    assert torch.isfinite(poisson(torch.zeros(2, 3), torch.ones(2, 3)))


def test_each_clip_has_its_own_mean():
    rates, responses = torch.rand(2, 4, 5, 6, generator=torch.Generator().manual_seed(1)).unbind(0)
    for fidelity in (poisson, squared_error):
        together = fidelity(rates, responses)
        one_by_one = [fidelity(rate, response) for rate, response in zip(rates, responses, strict=True)]
        assert torch.allclose(together, torch.stack(one_by_one))


GREY_MOVIE = torch.full((FRAMES, *SIZE), 127.5)


def gradient_of(observation, movie=GREY_MOVIE, *, stride=4, batch=3, over_state=True):
    windows = cut_for(observation.encoder, FRAMES, 16, stride)
    return normalised_gradient(observation, movie, windows, batch=batch, over_state=over_state)


def test_each_window_has_unit_length():
    observation = observe(SpotEncoder(), smooth_movie())
    (group,) = cut(FRAMES, 16, 4).groups
    gradients, _ = window_gradients(observation, GREY_MOVIE, group, over_state=True)
    torch.testing.assert_close(gradients.flatten(1).norm(dim=1), torch.ones(len(group.frames)), atol=1e-3, rtol=0)


def test_windows_without_overlap_add_up_to_the_gradient_of_the_whole_clip():
    """With context, what a frame does to a later window counts as well: nothing is lost at the borders."""
    encoder = SpotEncoder(history=6)
    observation = observe(encoder, smooth_movie())
    total = torch.zeros_like(GREY_MOVIE)
    for group in cut(48, 16, 16, history=6).groups:
        for part in group.split(1):
            clips = GREY_MOVIE[part.frames].requires_grad_()
            rates = encoder(clips, observation.state[:, part.frames].transpose(0, 1), "toy")[:, :, part.context :]
            loss = poisson(rates, observation.responses[:, part.scored].transpose(0, 1)).sum()
            total.index_add_(0, part.frames.flatten(), torch.autograd.grad(loss, clips)[0].flatten(0, 1))
    movie = GREY_MOVIE[None, :48].clone().requires_grad_()
    rates = encoder(movie, observation.state[None, :, :48], "toy")
    (whole,) = torch.autograd.grad(3 * poisson(rates, observation.responses[None, :, :48]).sum(), movie)
    torch.testing.assert_close(total[:48], whole[0])


def test_losses_are_those_of_the_windows():
    encoder = SpotEncoder(history=6)
    observation = observe(encoder, smooth_movie(), noisy=True)
    _, losses = gradient_of(observation, stride=16)
    rates = encoder(GREY_MOVIE[None], observation.state[None], "toy")[0]
    expected = [poisson(rates[:, s : s + 16], observation.responses[:, s : s + 16]) for s in (0, 16, 32, 34)]
    torch.testing.assert_close(losses, torch.stack(expected))


@pytest.mark.parametrize("history", [0, 6])
def test_the_batch_changes_nothing(history):
    observation = observe(SpotEncoder(history=history), smooth_movie())
    one, losses_one = gradient_of(observation, batch=1)
    for batch in (2, 5, 100):
        many, losses_many = gradient_of(observation, batch=batch)
        torch.testing.assert_close(many, one)
        torch.testing.assert_close(losses_many, losses_one)


def test_the_state_makes_gradients_shorter_only_where_it_is_seen():
    movie = torch.full((FRAMES, 16, 16), 127.5)
    planes = observe(PlaneEncoder(), smooth_movie())
    with_state, _ = gradient_of(planes, movie, over_state=True)
    without, _ = gradient_of(planes, movie, over_state=False)
    assert with_state.norm() < 0.7 * without.norm()
    spots = observe(SpotEncoder(), smooth_movie())
    torch.testing.assert_close(gradient_of(spots, over_state=True), gradient_of(spots, over_state=False))


def test_weights_stay_as_they_were_and_get_no_gradient():
    encoder = SpotEncoder().train()
    still = torch.nn.Parameter(torch.ones(1), requires_grad=False)
    encoder.register_parameter("still", still)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    gradient_of(observe(encoder, smooth_movie()))
    assert encoder.training
    assert encoder.spots.requires_grad
    assert encoder.spots.grad is None
    assert not still.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_an_encoder_thaws_after_a_mishap():
    encoder = SpotEncoder().train()
    with pytest.raises(ReverieError), frozen(encoder):
        encoder.require_mouse("nobody")
    assert encoder.spots.requires_grad
    assert encoder.training


def test_small_windows_fit_all_at_once():
    observation = observe(SpotEncoder(), smooth_movie())
    windows = cut(FRAMES, 16, 4)
    assert fitting_batch(observation, GREY_MOVIE, windows) == windows.count
