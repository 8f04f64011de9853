"""Errors in reading become one sentence, but a lack of memory is no fault of a file."""

import pytest

from reverie.foundation.errors import BadInput, reading_foreign, reading_kept


@pytest.mark.parametrize("reading", [reading_foreign, reading_kept])
@pytest.mark.parametrize("error", [KeyError("mice"), RuntimeError("size mismatch"), ValueError("no number")])
def test_a_file_that_is_wrong_is_told(reading, error):
    with (
        pytest.raises(BadInput, match=r"^E/encoder.json .*; save it again\.$"),
        reading("E/encoder.json", "save it again"),
    ):
        raise error


@pytest.mark.parametrize("reading", [reading_foreign, reading_kept])
@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")]
)
def test_a_lack_of_memory_is_not_taken_for_a_wrong_file(reading, error):
    with pytest.raises(type(error)), reading("E/encoder.json", "save it again"):
        raise error
