"""The command line run as users run it, in a copy of this process, and what is to be held of how it ended."""

import importlib
import os
import pkgutil
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import reverie
from reverie.cli.main import main
from reverie.cli.verbs import WRONG_USAGE

PATIENCE: Final = 60.0
"""Seconds a command on tiny files may take before it is taken to hang."""

MEMORY: Final = 12 << 30
"""Bytes of address space a command may take: damaged sizes must not take the machine down."""

DEFECT: Final = 99
"""What a copy exits with when an exception got through the entry point."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended. code: its exit code, or minus the signal that ended it."""

    code: int
    stderr: str
    stdout: str
    seconds: float
    hung: bool = False


def load_everything() -> None:
    """Import all of the program, so that copies of this process begin at once and are all of one version."""
    for module in pkgutil.walk_packages(reverie.__path__, "reverie."):
        importlib.import_module(module.name)


def run_command(
    words: Sequence[str], folder: Path, patience: float = PATIENCE, prepare: Callable[[], None] = lambda: None
) -> Outcome:
    """Run one command line in a folder, in a copy of this process, which has loaded everything already.

    prepare: called in the copy first, to spoil something for it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryDirectory() as kept:
        files = [Path(kept) / name for name in ("out", "err")]
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _be_the_command(words, folder, files, prepare)
        status, hung = _wait(child, began + patience)
        texts = [path.read_text(encoding="utf-8", errors="replace") if path.exists() else "" for path in files]
        code = os.waitstatus_to_exitcode(status)
        return Outcome(code, texts[1], texts[0], time.monotonic() - began, hung)


def complaint(outcome: Outcome) -> str:
    """Return what is wrong with how a command ended: it must succeed, or end with exactly one sentence. Empty if fine.

    >>> complaint(Outcome(1, "reverie: videos/3.npy is cut short at 0 bytes; copy it again.", "", 0.1))
    ''
    >>> complaint(Outcome(1, "Traceback (most recent call last)", "", 0.1))
    'a traceback'
    """
    lines = [line for line in outcome.stderr.splitlines() if line.strip()]
    sentences = [line for line in lines if line.startswith("reverie: ")]
    if outcome.hung:
        return "hung"
    if "Traceback" in outcome.stderr:
        return "a traceback"
    if "not foreseen" in outcome.stderr:
        return "not foreseen"
    if outcome.code < 0 or outcome.code == DEFECT:
        return f"ended by {outcome.code}"
    if "Warning: " in outcome.stderr:
        return "a library's warning"
    if outcome.code == WRONG_USAGE:
        return ""  # words that are no command line are shown in a box, beside what there is
    if outcome.code == 0:
        return "a sentence of failure, and success" if sentences else ""
    if len(sentences) != 1 or lines[-1] != sentences[0]:
        return f"{len(sentences)} sentences"
    return ""


def _be_the_command(words: Sequence[str], folder: Path, files: Sequence[Path], prepare: Callable[[], None]) -> None:
    code = DEFECT
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number, path in enumerate(files, start=1):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        os.chdir(folder)
        sys.argv = ["reverie", *words]
        prepare()
        try:
            main(words)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _wait(child: int, until: float) -> tuple[int, bool]:
    pause = 0.001
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status, False
        time.sleep(pause)
        pause = min(0.05, 1.5 * pause)
    os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1], True
