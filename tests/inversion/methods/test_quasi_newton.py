import torch

from reverie.inversion.conjugate_gradients import dot
from reverie.inversion.methods.precision import Precision
from reverie.inversion.methods.quasi_newton import Curvature

SHAPE = (2, 3, 4)


def diagonal(values):
    """A precision without anything off its diagonal."""
    nowhere = torch.ones(1, 1, dtype=values.dtype)
    return Precision(0.0, values.sqrt(), torch.ones_like(values), nowhere, (SHAPE[0],))


def quadratic(seed=0):
    root = torch.randn(24, 24, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T + torch.eye(24, dtype=torch.float64)


def test_with_exact_line_searches_a_quadratic_is_solved_in_as_many_steps_as_it_has_dimensions():
    hessian = quadratic()
    place = torch.ones(SHAPE, dtype=torch.float64)
    known = Curvature.begin(diagonal(hessian.diagonal().reshape(SHAPE)))

    def gradient_at(point):
        return (hessian @ point.flatten()).reshape(SHAPE)

    for _ in range(24):
        gradient = gradient_at(place)
        direction = known.direction(gradient)
        assert dot(direction, gradient) < 0
        step = -dot(direction, gradient) / dot(direction, gradient_at(direction)) * direction
        known = known.learned(step, gradient_at(place + step) - gradient, 30)
        place = place + step
    assert place.abs().max() < 1e-6


def test_the_last_pair_is_obeyed():
    hessian = quadratic(1)
    known = Curvature.begin(diagonal(torch.ones(SHAPE, dtype=torch.float64)))
    for seed in range(5):
        step = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        change = (hessian @ step.flatten()).reshape(SHAPE)
        known = known.learned(step, change, 3)
    assert len(known.steps) == 3
    torch.testing.assert_close(-known.direction(change), step)


def test_a_pair_of_negative_curvature_is_not_remembered():
    known = Curvature.begin(diagonal(torch.ones(SHAPE)))
    assert len(known.learned(torch.ones(SHAPE), -torch.ones(SHAPE), 5).steps) == 0
    assert len(known.learned(torch.ones(SHAPE), torch.ones(SHAPE), 5).forgotten().steps) == 0
