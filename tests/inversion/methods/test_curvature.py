"""The estimated precision against the matrix it stands for, and its recovery from a draw."""

import numpy as np
import pytest
import torch
from scipy.fft import dct, idctn

from reverie.inversion.methods.curvature import Curvature, Precision, conjugate_gradients, dot, estimated_precision
from reverie.inversion.priors.gaussian import GaussianPrior


def test_the_inner_product_is_that_of_all_coefficients():
    values = torch.arange(6.0).reshape(1, 2, 3)
    assert dot(values, values) == 55.0


@pytest.mark.parametrize("guessed", [True, False])
def test_conjugate_gradients_solve_a_linear_system(guessed):
    matrix = quadratic()
    right = torch.ones(2, 3, 4, dtype=torch.float64)
    diagonal = matrix.diagonal().reshape(2, 3, 4)
    found = conjugate_gradients(
        lambda x: (matrix @ x.flatten()).reshape(x.shape),
        right,
        lambda rest: rest / diagonal,
        60,
        -right if guessed else None,
    )
    torch.testing.assert_close((matrix @ found.flatten()).reshape(2, 3, 4), right, rtol=1e-6, atol=1e-6)


def test_one_iteration_goes_along_the_rough_solution():
    diagonal = torch.tensor([1.0, 4.0]).reshape(1, 1, 2)
    right = torch.tensor([1.0, 4.0]).reshape(1, 1, 2)
    exact = conjugate_gradients(lambda x: diagonal * x, right, lambda rest: rest / diagonal, 1)
    torch.testing.assert_close(exact, torch.ones(1, 1, 2))
    along = conjugate_gradients(lambda x: diagonal * x, right, torch.clone, 1)
    torch.testing.assert_close(along[0, 0, 0] / along[0, 0, 1], torch.tensor(0.25))


def test_they_end_when_little_is_left():
    diagonal = torch.linspace(1, 50, 24, dtype=torch.float64).reshape(2, 3, 4)
    right, products = torch.ones(2, 3, 4, dtype=torch.float64), []

    def product(white):
        products.append(white)
        return diagonal * white

    found = conjugate_gradients(product, right, torch.clone, 60, tolerance=1e-4)
    assert len(products) < 24
    left = right - diagonal * found
    assert dot(left, left) <= 1e-4 * dot(right, right)


LENGTHS, ROWS, COLUMNS = (3, 4), 4, 5
SHAPE = (sum(LENGTHS), ROWS, COLUMNS)


def drawn(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exact(precision):
    """The matrix of a precision whose coarse frequencies are all there are, in plain numbers."""
    cosines = [dct(np.eye(length), axis=0, norm="ortho") for length in (ROWS, COLUMNS)]
    in_time = np.zeros((SHAPE[0], SHAPE[0]))
    in_time[:3, :3], in_time[3:, 3:] = (dct(np.eye(length), axis=0, norm="ortho") for length in LENGTHS)
    transform = np.kron(in_time, np.kron(*cosines))
    places = np.diag(np.tile(precision.places.flatten().numpy(), SHAPE[0]))
    amplitudes, information = (
        np.diag(array.flatten().numpy()) for array in (precision.amplitudes, precision.information)
    )
    root = places @ transform.T @ amplitudes
    return precision.weight * np.eye(len(transform)) + root.T @ transform.T @ information @ transform @ root


@pytest.fixture
def precision():
    return Precision(0.7, 3 * drawn(0, *SHAPE), drawn(1, *SHAPE), 0.2 + drawn(2, ROWS, COLUMNS), LENGTHS)


def test_it_solves_the_system_it_stands_for(precision):
    right = drawn(3, *SHAPE) - 0.5
    expected = np.linalg.solve(exact(precision), right.flatten().numpy())
    np.testing.assert_allclose(precision.solve(right, 200).flatten().numpy(), expected, rtol=1e-6, atol=1e-9)


def test_few_iterations_come_close_and_the_diagonal_alone_does_not(precision):
    right = drawn(3, *SHAPE) - 0.5
    expected = torch.from_numpy(np.linalg.solve(exact(precision), right.flatten().numpy())).reshape(SHAPE)
    near, far = ((found - expected).norm() for found in (precision.solve(right), right / precision.diagonal))
    assert near < 0.5 * far


def test_fine_frequencies_are_divided_by_the_diagonal(precision):
    coarse = Precision(
        precision.weight, precision.amplitudes, precision.information, torch.ones(1, 1).double(), LENGTHS
    )
    right = drawn(3, *SHAPE)
    torch.testing.assert_close(coarse.solve(right), right / coarse.diagonal)


def test_frequencies_and_places_are_recovered_from_one_draw():
    frames, rows, columns = 80, 12, 18
    fast = torch.exp(-torch.arange(frames) / 20.0)[:, None, None].expand(frames, rows, columns)
    where = torch.where(torch.arange(columns) < 9, 1.8, 0.2).expand(rows, columns)
    noise = torch.randn(frames, rows, columns, generator=torch.Generator().manual_seed(0))
    seen = where.sqrt() * torch.from_numpy(idctn((fast.sqrt() * noise).numpy(), norm="ortho"))
    deviation = torch.full((rows, columns), 40.0)
    prior = GaussianPrior(torch.full((rows, columns), 120.0), deviation, torch.ones(frames, rows, columns))
    found = estimated_precision(seen / deviation, prior, 1.0)
    assert found.information[5:15].mean() / found.information[55:65].mean() == pytest.approx(
        float(fast[5:15].mean() / fast[55:65].mean()), rel=0.2
    )
    left, right = found.places[:, :2].square().mean(), found.places[:, -2:].square().mean()
    assert left / right == pytest.approx(9.0, rel=0.4)
    assert found.places.square().mean() == pytest.approx(1.0, rel=0.1)


def test_neurons_that_know_nothing_leave_the_weight():
    prior = GaussianPrior(torch.full((6, 6), 120.0), torch.full((6, 6), 40.0), torch.ones(8, 6, 6))
    found = estimated_precision(torch.zeros(8, 6, 6), prior, 0.5)
    torch.testing.assert_close(found.solve(torch.ones(8, 6, 6)), torch.full((8, 6, 6), 2.0))


def test_it_survives_being_written(precision):
    again = Precision.from_arrays(precision.to_arrays())
    assert (again.weight, again.lengths) == (precision.weight, precision.lengths)
    for name in ("amplitudes", "information", "places"):
        torch.testing.assert_close(getattr(again, name), getattr(precision, name), rtol=0, atol=0)


SMALL = (2, 3, 4)


def diagonal(values):
    """A precision without anything off its diagonal."""
    nowhere = torch.ones(1, 1, dtype=values.dtype)
    return Precision(0.0, values.sqrt(), torch.ones_like(values), nowhere, (SMALL[0],))


def quadratic(seed=0):
    root = torch.randn(24, 24, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T + torch.eye(24, dtype=torch.float64)


def test_with_exact_line_searches_a_quadratic_is_solved_in_as_many_steps_as_it_has_dimensions():
    hessian = quadratic()
    place = torch.ones(SMALL, dtype=torch.float64)
    known = Curvature.begin(diagonal(hessian.diagonal().reshape(SMALL)))

    def gradient_at(point):
        return (hessian @ point.flatten()).reshape(SMALL)

    for _ in range(24):
        gradient = gradient_at(place)
        direction = known.direction(gradient)
        assert dot(direction, gradient) < 0
        step = -dot(direction, gradient) / dot(direction, gradient_at(direction)) * direction
        known = known.with_pair(step, gradient_at(place + step) - gradient, 30)
        place = place + step
    assert place.abs().max() < 1e-6


def test_the_last_pair_is_obeyed():
    hessian = quadratic(1)
    known = Curvature.begin(diagonal(torch.ones(SMALL, dtype=torch.float64)))
    for seed in range(5):
        step = torch.randn(SMALL, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        change = (hessian @ step.flatten()).reshape(SMALL)
        known = known.with_pair(step, change, 3)
    assert len(known.steps) == 3
    torch.testing.assert_close(-known.direction(change), step)


def test_a_pair_of_negative_curvature_is_not_remembered():
    known = Curvature.begin(diagonal(torch.ones(SMALL)))
    assert len(known.with_pair(torch.ones(SMALL), -torch.ones(SMALL), 5).steps) == 0
    assert len(known.with_pair(torch.ones(SMALL), torch.ones(SMALL), 5).without_pairs().steps) == 0


def test_random_departures_vary_as_the_inverse_says(precision):
    generator = torch.Generator().manual_seed(3)
    draws = torch.stack([precision.draw(generator).flatten() for _ in range(500)])
    inverse = np.linalg.inv(exact(precision))
    # The coefficients' own standard deviations, and a direction across all of them, within sampling error.
    np.testing.assert_allclose(draws.var(dim=0).numpy(), np.diag(inverse), rtol=0.35)
    across = drawn(4, draws.shape[1]).numpy()
    np.testing.assert_allclose((draws.double().numpy() @ across).var(), across @ inverse @ across, rtol=0.35)
