import numpy as np
import pytest
import torch
from scipy.fft import dct

from reverie.inversion.priors.spectrum import cosine_transform, inverse_cosine_transform


@pytest.mark.parametrize("length", [1, 2, 5, 36, 300])
def test_it_is_the_orthonormal_transform_and_its_inverse_undoes_it(length):
    values = np.random.default_rng(0).standard_normal((3, length, 2))
    found = cosine_transform(torch.from_numpy(values), 1)
    np.testing.assert_allclose(found.numpy(), dct(values, axis=1, norm="ortho"), atol=1e-10)
    np.testing.assert_allclose(inverse_cosine_transform(found, 1).numpy(), values, atol=1e-10)


def test_the_inverse_is_the_adjoint():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(7, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    forward = (cosine_transform(first, 0) * second).sum()
    torch.testing.assert_close(forward, (first * inverse_cosine_transform(second, 0)).sum())
