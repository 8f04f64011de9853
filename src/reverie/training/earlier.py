"""The request of an earlier training in the same folder: whether this one resumes it, and how the two differ."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reverie.encoders.checkpoints import encoder_digest, load_encoder
from reverie.encoders.contract import Encoder
from reverie.foundation.errors import BadInput, ReverieError
from reverie.foundation.files import read_record
from reverie.foundation.fingerprints import digest_of
from reverie.foundation.folders import require_own
from reverie.recordings.contents import trials_digest
from reverie.recordings.recording import Recording
from reverie.recordings.remembered import in_words
from reverie.recordings.splits import Split
from reverie.training.request import TrainingRequest
from reverie.training.settings import TrainingSettings

PLAN = "plan.json"
"""Written before the first step, so that the same command resumes with the same settings."""


def as_requested(
    recordings: Mapping[str, Recording], request: TrainingRequest, teacher: Encoder | None
) -> dict[str, Any]:
    """Return a description of the request, its animals and its teacher, ready for JSON, without paths of files."""
    requested = {name: value if value is None else str(value) for name, value in asdict(request).items()}
    if teacher is not None:
        requested["teacher"] = encoder_digest(teacher)
    animals = {
        name: {"neurons": recording.neurons, "trials": digest_of(recording.opened_tiers)}
        for name, recording in sorted(recordings.items())
    }
    return {**requested, "animals": animals}


def contents_of(recordings: Mapping[str, Recording], splits: Mapping[str, Split]) -> dict[str, str]:
    """Return a hash of the trials that are learned from and validated on, by animal."""
    return {
        animal: trials_digest(recordings[animal], (*split.training, *split.validation))
        for animal, split in splits.items()
    }


def earlier_plan(out: Path, requested: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the plan of an earlier call with the same request; None when none of them began to train."""
    if not (out / PLAN).exists():
        if (out / "encoder.json").exists():
            raise ReverieError(f"{out} holds an encoder already; choose another --out, so that nothing is overwritten.")
        require_own(out, "training")
        return None
    plan = read_record(out / PLAN)
    try:
        earlier: dict[str, Any] = {name: plan["settings"][name] for name in ("asked", "contents", "training")}
        TrainingSettings(**earlier["training"])
    except (KeyError, TypeError, BadInput) as error:
        raise ReverieError(
            f"{out / PLAN} is damaged or of an earlier version ({error}); remove the folder and train again."
        ) from error
    if not ((out / "encoder.json").exists() or any(out.glob("*/*.safetensors"))):
        return None  # a start that failed leaves the folder free
    changed = [name for name in requested if earlier["asked"].get(name) != requested[name]]
    if changed:
        there = earlier["asked"]
        differences = "; ".join(_difference(name, there.get(name), requested[name]) for name in changed)
        raise ReverieError(
            f"{out} holds an encoder trained differently ({differences}); choose another --out{_or_as_read(out)}."
        )
    return earlier


def _difference(name: str, there: Any, now: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Say in what an option, or the animals, differ between an earlier request and this one.

    >>> _difference("animals", {"m": {"neurons": 19, "trials": "a"}}, {"m": {"neurons": 20, "trials": "a"}})
    'm: 19 neurons there, 20 now'
    """
    if name != "animals" or not isinstance(there, Mapping) or there.keys() != now.keys():
        return f"{name}: {_listed(there)} there, {_listed(now)} now"
    neurons = [(animal, there[animal]["neurons"], now[animal]["neurons"]) for animal in now]
    fewer = [f"{animal}: {before} neurons there, {count} now" for animal, before, count in neurons if before != count]
    others = [f"{animal}: other trials" for animal in now if there[animal]["trials"] != now[animal]["trials"]]
    return "; ".join([*fewer, *others])


def _listed(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    return ", ".join(value) if isinstance(value, Mapping) else str(value)


def _or_as_read(out: Path) -> str:
    """Return the advice to read recordings as for the training in a folder, where this was with any options."""
    try:
        reading = load_encoder(out).about["reading"]
        options = next(filter(None, reading.values()))
    except (ReverieError, AttributeError, LookupError, StopIteration):  # it was not yet saved, or remembers none
        return ""
    return f", or read the recordings as they were then ({in_words(options)})"


def earlier_settings(out: Path, requested: Mapping[str, Any], contents: Mapping[str, str]) -> TrainingSettings | None:
    """Return the settings of the same training begun earlier, None when there was none; raises when data differ."""
    earlier = earlier_plan(out, requested)
    if earlier is None:
        return None
    if earlier["contents"] != contents:
        raise ReverieError(f"{out} holds a training interrupted on other data; choose another --out.")
    return TrainingSettings(**earlier["training"])
