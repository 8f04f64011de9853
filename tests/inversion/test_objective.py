from dataclasses import replace

import pytest
import torch
from tests.inversion.toys import PlaneEncoder, SpotEncoder, observe, problem, smooth_movie

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import EventLikelihood, PoissonLikelihood
from reverie.inversion.objective import information_draw, loss_alone, loss_and_gradient, pieces

FRAMES = 230


def whole_loss(asked, movie):
    total = torch.zeros(())
    for each in asked.observations:
        rates = each.encoder(movie[None], each.state[None], "toy")[0]
        total = total + each.likelihood.loss(rates, each.responses)
    return total


def test_pieces_add_up_to_the_loss_and_gradient_of_the_whole_clip():
    encoder = SpotEncoder(30, history=6)
    truth = smooth_movie(FRAMES)
    first = replace(observe(encoder, truth, noisy=True), likelihood=PoissonLikelihood(torch.linspace(0.5, 3.0, 30)))
    second = replace(
        observe(SpotEncoder(20, history=2, seed=5), truth, seed=1),
        likelihood=EventLikelihood(torch.ones(20), torch.ones(20)),
    )
    asked, movie = problem(first, second), torch.from_numpy(smooth_movie(FRAMES, seed=4))
    loss, gradient = loss_and_gradient(asked, movie)
    leaf = movie.clone().requires_grad_()
    expected = whole_loss(asked, leaf)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    assert loss_alone(asked, movie) == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, leaf)[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("frames", "last"), [(16, (8, 8, 16)), (19, (11, 16, 19))])
def test_a_bound_encoder_scores_every_frame_once(frames, last):
    found = list(pieces(PlaneEncoder(), frames))
    assert [frame for piece in found for frame in range(piece.start, piece.end)] == list(range(frames))
    assert all(piece.end - piece.first == 8 for piece in found)
    assert (found[-1].first, found[-1].start, found[-1].end) == last


def test_a_clip_shorter_than_the_window_is_refused():
    with pytest.raises(ReverieError, match="needs at least 8"):
        list(pieces(PlaneEncoder(), 7))


def test_information_is_what_the_draws_vary_by():
    encoder = SpotEncoder(12, history=2)
    truth = smooth_movie(12)
    asked = problem(replace(observe(encoder, truth), likelihood=PoissonLikelihood(torch.full((12,), 2.0))))
    movie, generator = torch.from_numpy(truth), torch.Generator().manual_seed(0)
    draws = torch.stack([information_draw(asked, movie, generator) for _ in range(300)])
    state = asked.observations[0].state
    rates = encoder(movie[None], state[None], "toy")[0].detach()
    slopes = torch.autograd.functional.jacobian(lambda clip: encoder(clip[None], state[None], "toy")[0], movie)
    exact = (slopes.square() / (2 * rates[..., None, None, None])).sum((0, 1))
    assert torch.corrcoef(torch.stack([draws.square().mean(0).flatten(), exact.flatten()]))[0, 1] > 0.95
    assert draws.square().mean().item() == pytest.approx(exact.mean().item(), rel=0.1)
