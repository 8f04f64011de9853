"""Which animals one encoder can learn from together, checked before any trial is read."""

from collections import Counter
from collections.abc import Mapping

from reverie.foundation.errors import ReverieError
from reverie.recordings.opening import of_each_animal, say_left_out
from reverie.recordings.recording import Recording
from reverie.recordings.splits import require_training_trials
from reverie.recordings.tiers import TRAIN


def trainable_animals(recordings: Mapping[str, Recording], *, all_needed: bool) -> dict[str, Recording]:
    """Return the animals that have training trials and whose movies have the frame size that is most frequent.

    Parameters
    ----------
    recordings
        By animal.
    all_needed
        Whether all must be usable, because they were named; otherwise unusable ones are left out with a message.

    Raises
    ------
    ReverieError
        When none is usable, one is not and all are needed, or no frame size is the most frequent.
    """
    kept = of_each_animal(recordings, _require_trainable, all_needed=all_needed)
    return _of_one_size({name: recordings[name] for name in kept}, all_needed)


def _require_trainable(recording: Recording) -> None:
    _ = recording.neurons, recording.frame_size  # raises where one of them is missing
    require_training_trials(recording)
    names = [name for name, tier in recording.tiers.items() if tier == TRAIN and recording.has_responses(name)]
    if names and all(_silent(recording, name) for name in names):
        raise ReverieError(
            f"All responses of {recording.name} are 0 in every training trial; nothing can be learned from them."
        )


def _silent(recording: Recording, name: str) -> bool:
    try:
        responses = recording.responses(name)
    except ReverieError:  # reported later, when it is read
        return False
    return responses is not None and not responses.any()


def _of_one_size(recordings: Mapping[str, Recording], all_needed: bool) -> dict[str, Recording]:
    sizes = {name: recording.frame_size for name, recording in recordings.items()}
    (usual, most), *others = Counter(sizes.values()).most_common()
    if others and (all_needed or others[0][1] == most):
        listed = ", ".join(f"{name}: {height} x {width}" for name, (height, width) in sizes.items())
        raise ReverieError(
            f"The animals saw movies of different frame sizes ({listed} pixels); train them one by one, or bring them "
            "to one size with --frame-size."
        )
    other = {name: size for name, size in sizes.items() if size != usual}
    reasons = {
        name: ReverieError(
            f"it saw movies of {height} x {width} pixels, most animals of {usual[0]} x {usual[1]}; train it alone."
        )
        for name, (height, width) in other.items()
    }
    say_left_out([name for name in sizes if name not in other], reasons)
    return {name: recording for name, recording in recordings.items() if name not in other}
