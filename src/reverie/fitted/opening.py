"""Opening encoders and the recordings that belong to them, read as they were for training."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from reverie.encoders.checkpoints import load_encoder
from reverie.encoders.contract import Encoder
from reverie.fitted.subject import check_match
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.recordings.opening import choose_animals, say_notes
from reverie.recordings.readers.registry import open_each
from reverie.recordings.reading import Reading, given_reading
from reverie.recordings.recording import Recording
from reverie.recordings.remembered import as_known, as_remembered, differing, in_words, taken


def open_encoders(folders: Sequence[Path], device: torch.device) -> dict[Path, Encoder]:
    """Load encoders; raises ReverieError when none is named, one is named twice or one cannot be read."""
    if not folders:
        raise ReverieError("No encoder is named; give the folder of at least one (see `reverie train`).")
    repeated = [str(folder) for folder in folders if folders.count(folder) > 1]
    if repeated:
        raise ReverieError(f"The encoder {repeated[0]} is named twice; name each one once.")
    return {folder: load_encoder(folder, device) for folder in folders}


def open_matching_animals(
    data: Path, names: Sequence[str], encoders: Mapping[Path, Encoder], reading: Reading | None = None
) -> dict[str, Recording]:
    """Open the named animals, or all that every encoder has a readout for; each is checked against each encoder.

    Options that are not given are those with which the first encoder's recordings were read, where these are the same.
    Raises ReverieError when none fits or a named one does not.
    """
    recordings = _open_as_trained(data, names, next(iter(encoders.values())), given_reading(reading))
    if not names:
        shared = [name for name in recordings if all(name in encoder.mice for encoder in encoders.values())]
        if not shared:
            readouts = "; ".join(f"{folder}: {', '.join(encoder.mice)}" for folder, encoder in encoders.items())
            raise ReverieError(
                f"No animal of {data} ({', '.join(recordings)}) has a readout in the encoder ({readouts}); "
                "train one on these animals."
            )
        recordings = {name: recordings[name] for name in shared}
    for recording in recordings.values():
        for encoder in encoders.values():
            check_match(recording, encoder)
    return recordings


def _open_as_trained(data: Path, names: Sequence[str], encoder: Encoder, given: Reading) -> dict[str, Recording]:
    """Open animals with the options they were read with for training, if they are the same recordings.

    Options that are given take precedence over those of the training.
    """
    options = next((each for each in _about(encoder, "reading").values() if isinstance(each, Mapping)), {})
    reading = as_remembered(given, options)
    known = as_known(reading, options)
    changes = differing(reading, options)
    said: set[str] = set()
    if given == known and not changes:  # nothing is remembered that was not given
        return say_notes(_opened(data, names, given, said), all_needed=bool(names))
    recordings, why_not = _those_trained_on(data, names, encoder, known, said)
    if why_not and reading != given:
        say(f"Not read as for the training of {encoder.folder} ({in_words(options)}), since {why_not}")
    elif reading != given:
        say(f"Recordings are read as for the training of {encoder.folder}: {in_words(taken(given, options))}.")
    wanted = given if why_not else reading
    if not recordings or wanted != known:
        recordings = _opened(data, names, wanted, said)
    if changes and not why_not:
        _say_changes(encoder, changes)
    return say_notes(recordings, all_needed=bool(names))


def _opened(data: Path, names: Sequence[str], reading: Reading, said: set[str]) -> dict[str, Recording]:
    """Open the named animals, and say which cannot be opened, unless it was said before."""
    recordings, problems = open_each(data, reading)
    for problem in problems:
        if problem not in said:
            say(problem)
    said.update(problems)
    return choose_animals(recordings, names)


def _those_trained_on(
    data: Path, names: Sequence[str], encoder: Encoder, known: Reading, said: set[str]
) -> tuple[Mapping[str, Recording], str]:
    """Return animals with responses read as for training, and why they are not those trained on; empty if they are."""
    try:
        recordings = _opened(data, names, known, said)
    except ReverieError as error:
        return {}, f"they cannot be: {error} Give the options again for files that have moved."
    if not recordings.keys() & encoder.mice.keys():
        return recordings, f"the encoder has no readout for {', '.join(recordings)}."
    return recordings, "" if _are_those_trained_on(recordings, encoder) else "their responses are different."


def _say_changes(encoder: Encoder, changes: Mapping[str, tuple[Any, Any]]) -> None:
    then, now = (in_words({name: pair[place] for name, pair in changes.items()}) for place in (0, 1))
    cut = " Trials with the same names are then different stretches, so it is not known which are held out."
    say(
        f"For the training of {encoder.folder}, recordings were read with {then}, but now with {now}."
        f"{cut if 'trial_seconds' in changes else ''}"
    )


def _are_those_trained_on(recordings: Mapping[str, Recording], encoder: Encoder) -> bool:
    """Return whether the recordings of the encoder's animals are, by their contents, those it was trained on."""
    identities, known = _about(encoder, "recordings"), []
    for name in recordings.keys() & identities.keys():
        with suppress(ReverieError):  # this one cannot be read, as will be said
            known.append(recordings[name].identity == identities[name])
    return bool(known) and all(known)


def _about(encoder: Encoder, key: str) -> Mapping[str, Any]:
    """Return a fact about each animal of an encoder; empty where it is not known."""
    found = encoder.about.get(key)
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class SubjectSources:
    """Where the recording of one animal and an encoder of it are."""

    data: Path
    """Folder or file of recordings."""
    encoder: Path
    """Folder of the encoder, which keeps what is fitted."""
    animal: str | None = None
    """The animal's name, needed where there are several."""
    reading: Reading = field(default_factory=Reading)
    """Facts that the files of the recording do not state."""

    def open(self, device: torch.device) -> tuple[Encoder, Recording]:
        """Open the encoder and the recording.

        Raises ReverieError when they do not belong together, or there are several animals and none is named.
        """
        opened = open_encoders([self.encoder], device)
        recordings = open_matching_animals(self.data, [self.animal] if self.animal else [], opened, self.reading)
        if len(recordings) > 1:
            raise ReverieError(f"{self.data} holds several animals ({', '.join(recordings)}); say which with --animal.")
        return opened[self.encoder], next(iter(recordings.values()))
