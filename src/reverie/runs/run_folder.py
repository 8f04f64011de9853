"""A run folder: reconstructed movies, what they were made from and how, and their scores.

RUN/run.json                              settings, versions, seed, trials
RUN/scores.csv                            one row per animal, trial and method
RUN/scores.csv.sha256                     its hash and those of the movies in it, by which any change is noticed
RUN/report.html                           the page of the run; with many trials it links to a page of each
RUN/film.mp4                              all trials one after the other, where requested
RUN/<animal>/<trial>/movie.npz            frames (time, height, width) float32 0-255, mask (height, width); where known
                                          std (time, height, width), half_widths of its 50, 80 and 95 % intervals in
                                          standard deviations, information (height, width)
RUN/<animal>/<trial>/evidence.npz         truth, state, recorded and predicted responses, other movies
RUN/<animal>/<trial>/trace.csv            step, seconds, encoder passes, loss, model
RUN/<animal>/<trial>/reconstruction.json  animal, trial, method, notes; there once the rest is
RUN/<animal>/<trial>/movie.mp4, movie.tif the movie to watch, and for ImageJ
RUN/<animal>/<trial>/strip.png            frames of the truth above those of the reconstruction
RUN/<animal>/<trial>/report.html, still.png  its page and its picture in RUN/report.html, where trials are many
RUN/jobs/<fingerprint>/                   the movie of each job before averaging, or its last snapshot; in shuffled/
                                          that from shuffled responses, where requested
RUN/fitted/                               what was fitted, where the encoder's folder cannot be written
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.reconstruction_files import DESCRIPTION
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_record, write_record
from reverie.foundation.fingerprints import digest_of
from reverie.foundation.folders import require_own
from reverie.foundation.progress import say, say_broken, tracked
from reverie.foundation.requests import SEEDS
from reverie.recordings.lazy_sequence import LazySequence

NOT_COMPARED = ("trials",)
"""Settings that may differ when a run is continued, since trials may be added."""


@dataclass(frozen=True)
class TrialFolder:
    """One reconstructed trial inside a run."""

    folder: Path
    animal: str
    trial: str

    @property
    def finished(self) -> Path:
        """File whose presence means that the trial is done."""
        return self.folder / DESCRIPTION

    @property
    def page(self) -> Path:
        """The page of this trial alone, where RUN/report.html links to a page of each."""
        return self.folder / "report.html"

    @property
    def still(self) -> Path:
        """The picture of the trial in RUN/report.html."""
        return self.folder / "still.png"

    @property
    def made(self) -> Path:
        """File that names the jobs from which the trial was made."""
        return self.folder / "jobs.json"


LEFT_OUT = "Left out until the same `reverie reconstruct` makes it again"
"""Message on a trial that cannot be read."""


@dataclass(frozen=True)
class RunFolder:
    """One run: the same method and encoders over any number of animals and trials."""

    folder: Path

    @property
    def record(self) -> Path:
        """File of the run's settings and versions."""
        return self.folder / "run.json"

    @property
    def scores(self) -> Path:
        """File of the table of scores."""
        return self.folder / "scores.csv"

    @property
    def scores_digest(self) -> Path:
        """File of the hashes of the table and its movies, as ``sha256sum`` reads them, by which changes are noticed."""
        return self.folder / "scores.csv.sha256"

    @property
    def report(self) -> Path:
        """File of the run's page."""
        return self.folder / "report.html"

    @property
    def film(self) -> Path:
        """File of the film of all trials."""
        return self.folder / "film.mp4"

    def trial(self, animal: str, trial: str) -> TrialFolder:
        """Return the folder of one trial, whether it exists yet or not."""
        return TrialFolder(self.folder / animal / trial, animal, trial)

    def finished_trials(self) -> list[TrialFolder]:
        """Return the reconstructed trials, by animal and then by trial number.

        Their names are those in the files, whatever their folders are called. The second of two copies of a trial, and
        trials without a name, are left out with a message. Raises ReverieError when no trial is left.
        """
        found: dict[tuple[str, str], TrialFolder] = {}
        nameless: list[ReverieError] = []
        for path in sorted(self.folder.glob(f"*/*/{DESCRIPTION}")):
            try:
                one = _named(path)
            except ReverieError as error:
                nameless.append(error)
                continue
            first = found.setdefault((one.animal, one.trial), one)
            if first is not one:
                say(f"{one.folder} holds {one.animal} trial {one.trial}, as {first.folder} does, and is left out.")
        say_broken(nameless, found, LEFT_OUT)
        if not found:
            begun = (self.folder / "jobs").exists()
            how = (
                " yet; give the same `reverie reconstruct` again" if begun else "; make one with `reverie reconstruct`"
            )
            raise ReverieError(f"{self.folder} holds no reconstructed movie{how}.")
        return sorted(found.values(), key=lambda one: (one.animal, len(one.trial), one.trial))

    def read_trials(self, doing: str) -> Iterator[tuple[TrialFolder, Reconstruction]]:
        """Yield the ``finished_trials`` that can be read; others are left out, with a message at the end.

        Parameters
        ----------
        doing
            What is done with them, for the progress bar.

        Raises
        ------
        ReverieError
            At the end when none could be read.
        """
        yield from _read(self.finished_trials(), doing)

    def whole_trials(
        self, most: int
    ) -> tuple[list[TrialFolder], list[Reconstruction] | LazySequence[TrialFolder, Reconstruction]]:
        """Return the ``finished_trials`` that can be read, and their reconstructions.

        Where there are more than ``most`` trials, reconstructions are not kept in memory but read on every access.
        """
        finished = self.finished_trials()
        places: list[TrialFolder] = []
        held: list[Reconstruction] = []
        for place, found in _read(finished, "reading"):
            places.append(place)
            held += [found] if len(finished) <= most else []
        return places, held or LazySequence(lambda place: Reconstruction.load(place.folder), places)

    def read_record(self) -> dict[str, Any]:
        """Return the contents of run.json; raises ReverieError when this is not a run folder, or it is damaged."""
        if not self.record.exists():
            raise ReverieError(f"{self.folder} is not a run folder (no run.json); make one with `reverie reconstruct`.")
        try:
            record = read_record(self.record)
        except ReverieError as error:
            raise ReverieError(
                f"{error} Or delete it: the same `reverie reconstruct` then writes it again, and keeps what was made."
            ) from error
        seed = record.get("seed")
        if not isinstance(record.get("settings"), dict) or type(seed) is not int or not 0 <= seed < SEEDS:
            raise ReverieError(f"{self.record} does not say how the run was made; reconstruct into another --out.")
        return record

    @property
    def identity(self) -> str:
        """A hash of the run's settings and seed, which does not change when trials are added."""
        record = self.read_record()
        settings = {name: value for name, value in record["settings"].items() if name not in NOT_COMPARED}
        return digest_of({"settings": settings, "seed": record["seed"]})

    def open(self, record: Mapping[str, Any]) -> None:
        """Start the run, or continue one that was made with the same settings.

        Raises ReverieError when the folder holds a run with other settings or something else, such as an encoder or
        recordings, so that nothing is overwritten or mixed up.
        """
        settings = json.loads(json.dumps(record["settings"]))  # as read from the file, with lists for tuples
        trials = dict(settings.get("trials", {}))
        if self.record.exists():
            old = self.read_record().get("settings", {})
            self._refuse_other_settings(old, settings)
            for animal, names in old.get("trials", {}).items():
                trials[animal] = [*names, *(name for name in trials.get(animal, []) if name not in names)]
        else:
            require_own(self.folder, "run", "jobs")
        settings["trials"] = trials
        write_record(self.record, {**record, "settings": settings})

    def _refuse_other_settings(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        names = [name for name in {**old, **new} if name not in NOT_COMPARED]
        changed = [name for name in names if old.get(name) != new.get(name)]
        if "method" in changed:
            changed = ["method"]  # another method has other settings, which say no more
        if changed:
            differences = ", ".join(f"{name}: {old.get(name)} there, {new.get(name)} now" for name in changed)
            raise ReverieError(
                f"{self.folder} holds a run made with other settings ({differences}); choose another --out."
            )


def _named(path: Path) -> TrialFolder:
    """Return the trial whose description is at a path; raises ReverieError when it holds no name."""
    description = read_record(path)
    if not (isinstance(description.get("animal"), str) and isinstance(description.get("trial"), str)):
        raise ReverieError(f"{path} does not say of which animal and trial it is; reconstruct the trial again.")
    return TrialFolder(path.parent, description["animal"], description["trial"])


def _read(places: Sequence[TrialFolder], doing: str) -> Iterator[tuple[TrialFolder, Reconstruction]]:
    """Yield the trials that can be read; see ``RunFolder.read_trials``."""
    kept: list[TrialFolder] = []
    broken: list[ReverieError] = []
    for place in tracked(places, len(places), doing):
        try:
            found = Reconstruction.load(place.folder)
        except ReverieError as error:
            broken.append(error)
        else:
            kept.append(place)
            yield place, found
    say_broken(broken, kept, LEFT_OUT)
