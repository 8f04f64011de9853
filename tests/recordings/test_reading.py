import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"frame_rate": 0.0}, "frame-rate is 0.0 but must be a number above 0"),
        ({"rate": -8.0}, "rate is -8.0"),
        ({"trial_seconds": float("nan")}, "trial-seconds is nan"),
        ({"degrees_per_pixel": float("inf")}, "degrees-per-pixel is inf"),
        ({"frame_size": (36, 0)}, "height and width must be at least 1"),
    ],
)
def test_impossible_numbers_are_refused(wrong, said):
    with pytest.raises(ReverieError, match=said):
        Reading(**wrong)
