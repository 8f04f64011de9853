"""Stop commands at random moments and give them again: `python -m benchmarks.torture [--moments N] [--seed S]`.

Each case starts a command on tiny data and stops it with SIGKILL, SIGTERM or SIGINT, or lets the disk refuse a write,
at a random moment: at a random time, or just before or after one of the calls by which files come to be (fsync, rename,
unlink). The same command is then given again. It has to end with the files of an undisturbed one and no others, the
same to the bit, but for the times that some of them tell.
"""

import argparse
import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest import mock

import av
import numpy as np
import torch

from benchmarks.commands import Outcome, complaint, load_everything, run_command
from benchmarks.fuzz_world import USUAL, copy_parts, make_world

FIT: Final = "fit sensorium encoder --animals mouse1 --parts prior likelihood ridge"
ANIMAL: Final = "dynamic29515-10-12-Video-9b4f6a1a067fe51e15306b9628efea20"

CALLS: Final = ("fsync", "replace", "rename", "unlink", "rmdir")
"""Calls of the system by which files come to be; a moment lies before or after one of them."""

STOPS: Final = ("SIGKILL", "SIGKILL", "SIGKILL", "SIGTERM", "SIGINT", "ENOSPC")

TIMES: Final = re.compile(rb'"(made|command)": .*|"seconds": .*|[0-9.]+ s\b')
"""What differs between two runs of the same command: when it was made and how long it took."""


@dataclass(frozen=True)
class Subject:
    """A command that is stopped, and what of the world it needs. out: what it writes."""

    command: str
    needs: tuple[str, ...]
    out: str = "new"


SUBJECTS: Final[Mapping[str, Subject]] = {
    "train": Subject(
        "train sensorium --animals mouse1 --out new --architecture compact --preset tiny --steps 8", ("sensorium",)
    ),
    "fit": Subject(FIT, ("sensorium", "bare"), "encoder"),
    "reconstruct": Subject(USUAL.replace("DATA", "sensorium"), ("sensorium", "encoder")),
    "reconstruct, paper": Subject(
        "reconstruct sensorium encoder --animal mouse1 --trials 8 9 --method paper --steps 3 --mask mask.npz --out new",
        ("sensorium", "encoder", "mask.npz"),
    ),
    "evaluate": Subject("evaluate run", ("run",), "run"),
    "report": Subject("report run", ("run",), "run"),
    "export": Subject("export run --to npz --out new", ("run",)),
    "convert": Subject("convert sensorium --to experanto --animals mouse1 --out new", ("sensorium",)),
    "experiment": Subject(
        "experiment predicted sensorium encoder --animal mouse1 --trials 8 --jobs 1 --mask mask.npz --out new",
        ("sensorium", "encoder", "mask.npz"),
    ),
    "simulate": Subject("simulate --out new --animals 2 --neurons 5 --train 2 --oracle 1 --test 1 --frames 20", ()),
    "import-weights": Subject("import-weights checkpoint.pth --out new --animals mouse1 mouse2", ("checkpoint.pth",)),
    "predict": Subject(
        "predict sensorium encoder --animal mouse1 --trials 8 9 --out new/rates.npz", ("sensorium", "encoder")
    ),
    "download": Subject(f"download {ANIMAL} --base http://127.0.0.1:PORT --out new", ()),
}


class Moment:
    """A moment at which a command is stopped: the so-many-th of the moments before and after calls, or a time."""

    def __init__(self, stop: str, event: int | None, seconds: float) -> None:
        self.stop, self.event, self.seconds, self.passed = stop, event, seconds, 0

    def prepare(self) -> None:
        """Lie in wait, in the process of the command."""
        # Otherwise no search on tiny data would ever be kept half-way.
        mock.patch("reverie.jobs.resuming.SNAPSHOT_EVERY", 0.0).start()
        if self.event is None:
            threading.Thread(target=self._later, daemon=True).start()
        for name in CALLS:
            mock.patch.object(os, name, self._watched(getattr(os, name))).start()

    def _later(self) -> None:
        time.sleep(self.seconds)
        self._act()

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the call takes
            self._pass()
            result = call(*arguments, **options)
            self._pass()
            return result

        return watched

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self.event:
            self._act()

    def _act(self) -> None:
        if self.stop == "ENOSPC":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.kill(os.getpid(), getattr(signal, self.stop))

    def __str__(self) -> str:
        return f"{self.stop} at {f'{self.seconds:.2f} s' if self.event is None else f'moment {self.event}'}"


class Torturer:
    """A world, what each command makes of it undisturbed, and moments."""

    def __init__(self, folder: Path, port: int) -> None:
        self.world, self.scratch, self.port = folder / "world", folder / "case", port
        self._undisturbed: dict[str, tuple[dict[str, object], int, float]] = {}

    def stop_and_go_on(self, name: str, number: str) -> tuple[str, str]:
        """Stop a command once or twice and give it again; return what was done and what is wrong, empty if nothing."""
        dice, subject = random.Random(number), SUBJECTS[name]
        expected, events, seconds = self._expected(name)
        self._fresh(subject)
        done = []
        for _ in range(dice.choice((1, 1, 2))):
            stop = dice.choice(STOPS)
            at_call = stop == "ENOSPC" or dice.random() < 0.7
            moment = Moment(stop, dice.randint(1, events) if at_call else None, dice.uniform(0.02, seconds))
            outcome = self._run(subject, moment.prepare)
            done.append(str(moment))
            if problem := self._ended_badly(outcome, stop):
                return ", ".join(done), f"{problem}\n{outcome.stderr[-1500:]}"
        outcome = self._run(subject)
        if outcome.code != 0:
            return ", ".join(done), f"given again it ends with {outcome.code}\n{outcome.stderr[-1500:]}"
        found = contents(self.scratch / subject.out)
        differ = sorted(path for path in found.keys() | expected.keys() if found.get(path) != expected.get(path))
        return ", ".join(done), f"other files than undisturbed: {', '.join(differ[:5])}" if differ else ""

    def _expected(self, name: str) -> tuple[dict[str, object], int, float]:
        """Return the files of an undisturbed command, how many moments there were, and how long it took."""
        if name not in self._undisturbed:
            subject = SUBJECTS[name]
            self._fresh(subject)
            count = self.scratch.parent / "moments"

            def prepare() -> None:
                moment = Moment("none", 0, 0.0)
                moment.prepare()
                end = os._exit

                def count_and_end(code: int) -> None:
                    count.write_text(str(moment.passed), encoding="ascii")
                    end(code)

                mock.patch.object(os, "_exit", count_and_end).start()

            outcome = self._run(subject, prepare)
            assert outcome.code == 0, f"{subject.command}\n{outcome.stderr}"
            events = int(count.read_text(encoding="ascii"))
            self._undisturbed[name] = contents(self.scratch / subject.out), events, outcome.seconds
        return self._undisturbed[name]

    def _run(self, subject: Subject, prepare: Callable[[], None] = lambda: None) -> Outcome:
        return run_command(subject.command.replace("PORT", str(self.port)).split(), self.scratch, 300, prepare)

    def _fresh(self, subject: Subject) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        copy_parts(self.world, self.scratch, [name for name in subject.needs if name != "bare"])
        if "bare" in subject.needs:
            copy_parts(self.world, self.scratch, ("encoder",))
            for path in (self.scratch / "encoder/fitted").glob("*/*/*"):
                if path.name not in ("mask.npz", "fitted.json"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _ended_badly(self, outcome: Outcome, stop: str) -> str:
        """A command that was stopped says how to go on; only what cannot be caught ends it without a word."""
        if outcome.code == -signal.SIGKILL and stop == "SIGKILL":
            return ""
        if stop in ("SIGTERM", "SIGINT") and outcome.code == -getattr(signal, stop):
            return ""  # before the program had begun to listen
        return complaint(outcome)


def contents(folder: Path) -> dict[str, object]:
    """Return what the files of a folder hold, without the times that some of them tell."""
    return {str(path.relative_to(folder)): _content(path) for path in folder.rglob("*") if path.is_file()}


def _content(path: Path) -> object:
    if path.suffix == ".npz":
        with np.load(path) as archive:
            kept = [name for name in archive.files if name not in ("trace", "checksum")]
            return {name: archive[name].tobytes() for name in kept}
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return sum(1 for _ in container.decode(video=0))
    if path.suffix in (".html", ".csv", ".sha256") and path.name != "scores.csv":
        return path.suffix == ".html" or len(path.read_bytes().splitlines())
    if path.suffix == ".json":
        return _without_times(json.loads(path.read_text(encoding="utf-8")))
    return path.read_bytes()


def _without_times(content: Any) -> object:  # noqa: ANN401 - whatever JSON holds
    left_out = ("made", "command", "seconds", "checksum", "digests")
    if isinstance(content, dict):
        return {key: _without_times(value) for key, value in content.items() if key not in left_out}
    return [_without_times(value) for value in content] if isinstance(content, list) else content


def serve(world: Path, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Serve the recording as the public archives are, from another process; return it and its port."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{ANIMAL}.zip", "w") as archive:
        for path in (world / "sensorium/mouse1").rglob("*"):
            archive.write(path, path.relative_to(world / "sensorium"))
    script = "import http.server as h; s = h.ThreadingHTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler);"
    script += "print(s.server_port, flush=True); s.serve_forever()"
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


QUICK: Final = ("reconstruct, paper", "import-weights", "predict")
"""Commands of a moment."""


def torture(folder: Path, moments: int, seed: int, names: Sequence[str], *, quick: bool = False) -> Counter[str]:
    """Stop each of some commands at so many moments; prints what went wrong, and counts by command.

    quick: with a world that takes a moment to make, which is enough for ``QUICK``.
    """
    load_everything()
    if not (folder / "world").exists():
        make_world(folder / "world", quick=quick)
    server, port = serve(folder / "world", folder / "served")
    wrong: Counter[str] = Counter()
    try:
        torturer = Torturer(folder, port)
        for name in names:
            for number in range(moments):
                done, problem = torturer.stop_and_go_on(name, f"{seed}/{name}/{number}")
                wrong[name] += bool(problem)
                if problem:
                    print(f"[{name} {number}] {done}: {problem}", flush=True)
            print(f"{name}: {moments} times stopped and given again, {wrong[name]} wrong", flush=True)
    finally:
        server.terminate()
        with suppress(OSError):
            server.wait(10)
    return wrong


def main() -> None:
    """Stop, go on, and print totals; ends with 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torture", description=__doc__)
    parser.add_argument("--moments", type=int, default=10, help="of each command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", choices=SUBJECTS)
    parser.add_argument("--quick", action="store_true", help="only commands that take a moment")
    parser.add_argument("--folder", type=Path, help="where the world is kept; a temporary folder by default")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        names = chosen.only or (QUICK if chosen.quick else list(SUBJECTS))
        wrong = torture(chosen.folder or Path(temporary), chosen.moments, chosen.seed, names, quick=chosen.quick)
    print(f"{chosen.moments * len(names)} times stopped, {wrong.total()} wrong")
    raise SystemExit(bool(wrong.total()))


if __name__ == "__main__":
    main()
