import numpy as np
import pytest

from reverie.recordings.disk_arrays import DiskArray


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "key",
    [slice(2, 5), slice(3, 99), slice(5, 2), slice(0, 7, 2), 3, None, (slice(None), slice(1, 3)), np.array([4, 1])],
)
def test_parts_are_those_of_the_array(tmp_path, order, key):
    values = np.asarray(np.arange(7 * 4 * 3, dtype=np.float32).reshape(7, 4, 3), order=order)
    np.save(tmp_path / "values.npy", values)
    stored = DiskArray.of(np.load(tmp_path / "values.npy", mmap_mode="r"))
    assert isinstance(stored, DiskArray)
    assert (len(stored), stored.shape, stored.dtype) == (7, (7, 4, 3), values.dtype)
    np.testing.assert_array_equal(stored[key], values[key])
    assert not isinstance(stored[key], np.memmap)


def test_arrays_in_memory_stay_unchanged():
    values = np.ones(3)
    assert DiskArray.of(values) is values
