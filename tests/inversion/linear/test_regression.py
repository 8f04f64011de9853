"""The two forms of ridge regression give the same weights and the same errors, whichever costs less."""

import numpy as np
import pytest

from reverie.inversion.linear.regression import FoldedSums, SampleProducts
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.samples import Sample


@pytest.fixture(scope="module", params=[3, 40], ids=["more samples", "more features"])
def forms(request):
    generator = np.random.default_rng(0)
    samples = []
    for fold in (0, 0, 1, 2):
        pictures = generator.standard_normal((30, 4)).astype(np.float32)
        mixed = pictures @ generator.standard_normal((4, request.param))
        responses = (mixed + generator.standard_normal((30, request.param))).T.astype(np.float32)
        samples.append(Sample(responses, pictures[::2], fold))
    features = ResponseFeatures.of([one.responses for one in samples], 1.0, (-1, 1))
    return FoldedSums.of(samples, features, 2), SampleProducts.of(samples, features, 2)


def test_weights_are_the_same(forms):
    sums, products = forms
    np.testing.assert_allclose(products.solve(0.3), sums.solve(0.3), atol=1e-5)


def test_errors_of_folds_left_out_are_the_same(forms):
    sums, products = forms
    for ours, theirs in zip(products.explained(0.3, 3), sums.explained(0.3, 3), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert products.best_weight() == pytest.approx(sums.best_weight(), rel=1e-4)
