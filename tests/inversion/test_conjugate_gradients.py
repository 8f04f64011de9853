import pytest
import torch

from reverie.inversion.conjugate_gradients import conjugate_gradients, dot


def test_the_inner_product_is_that_of_all_coefficients():
    values = torch.arange(6.0).reshape(1, 2, 3)
    assert dot(values, values) == 55.0


@pytest.mark.parametrize("guessed", [True, False])
def test_conjugate_gradients_solve_a_linear_system(guessed):
    root = torch.randn(24, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    matrix = root @ root.T + torch.eye(24, dtype=torch.float64)
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
