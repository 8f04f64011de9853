import torch
from benchmarks.meters import Meter

BYTES = 4 * 1000


def test_operators_are_counted_by_name():
    a = torch.ones(3)
    with Meter() as meter:
        (a + a).exp()
        a + 1
    assert meter.operators == {"add": 2, "exp": 1}


def test_peak_is_the_memory_alive_at_one_time():
    with Meter() as meter:
        first = torch.zeros(1000)
        second = first + 1
        del first
        third = second + 1
        view = third[:10]
        third.add_(1)
    assert meter.peak == 2 * BYTES
    assert meter.live == 2 * BYTES
    del second, third, view
    assert meter.live == 0


def test_tensors_kept_by_autograd_count():
    weight = torch.zeros(1000, requires_grad=True)
    with Meter() as meter:
        kept = weight.exp().sin().cos()
        lived = meter.peak
        torch.autograd.grad(kept.sum(), weight)
    assert lived >= 3 * BYTES
