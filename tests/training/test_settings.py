"""Settings out of range are one sentence that names the setting."""

import pytest

from reverie.foundation.errors import ReverieError
from reverie.training.settings import TrainingSettings

BROKEN = [
    ("steps", 0), ("batch", 0), ("window", 0), ("learning_rate", 0.0), ("final_fraction", 2.0), ("warm_up", -1),
    ("weight_decay", -0.1), ("averaging", 1.0), ("cutmix_probability", 1.5), ("cutmix_alpha", 0.0),
    ("distillation", 1.0), ("validate_every", 0), ("seed", -1), ("precision", "float16"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_a_value_out_of_range_is_named(name: str, value: object) -> None:
    with pytest.raises(ReverieError, match=f"{name} is .* but must be "):
        TrainingSettings(**{name: value})
