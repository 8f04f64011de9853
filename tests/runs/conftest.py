"""Where runs of tests are written, and the mask that spares them the fitting of one."""

import numpy as np
import pytest


@pytest.fixture
def out(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def mask(tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 1.2))
    return tmp_path / "mask.npz"
