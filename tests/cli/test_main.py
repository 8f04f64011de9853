import io
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from reverie.cli.main import explain, main, run_verb
from reverie.foundation.errors import ReverieError


@dataclass(frozen=True)
class Fake:
    """A verb that does what it is told."""

    work: Callable[[], None]
    computes: ClassVar[bool] = False

    def run(self) -> None:
        self.work()


def fail_with(error: BaseException) -> Fake:
    def work() -> None:
        raise error

    return Fake(work)


FORESEEN = {
    "ours": (ReverieError("a.npy is missing."), 1, r"a\.npy is missing\."),
    "memory": (MemoryError(), 1, "ran out of memory"),
    "memory of torch on a processor": (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 1, "out of memory"),
    "memory of a graphics card": (torch.OutOfMemoryError("CUDA out of memory. Tried to …"), 1, "ran out of memory"),
    "disk": (OSError(28, "No space left on device", "a.npz"), 1, r"a\.npz: no space"),
    "permissions": (PermissionError(13, "Permission denied", "a.npz"), 1, r"a\.npz: may not be read or written"),
    "package": (ImportError("cannot import name x from torch"), 1, "package is missing or does not fit"),
    "ctrl-C": (KeyboardInterrupt(), 130, "same command again"),
}


@pytest.mark.parametrize("case", FORESEEN)
def test_foreseen_errors_are_one_sentence(case: str, capsys: pytest.CaptureFixture[str]):
    error, code, sentence = FORESEEN[case]
    assert run_verb(lambda: fail_with(error)) == code
    told = capsys.readouterr().err
    assert re.match(f"reverie: .*{sentence}", told)
    assert told.count("\n") == 1


def test_unforeseen_errors_say_where_the_details_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert run_verb(lambda: fail_with(KeyError("läuse\udce4"))) == 1
    told = capsys.readouterr().err
    (place,) = tmp_path.iterdir()
    assert told.startswith("reverie: Something went wrong that was not foreseen (KeyError:")
    assert str(place) in told
    assert told.count("\n") == 1
    details = place.read_text(encoding="utf-8")
    assert "Traceback" in details
    assert f"torch {version('torch')}" in details


def test_details_that_can_be_written_nowhere_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    assert run_verb(lambda: fail_with(KeyError("x"))) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_any_name_can_be_printed(encoding: str, monkeypatch: pytest.MonkeyPatch):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    with pytest.raises(SystemExit) as stopped:
        main(["inspect", "/nowhere/Mäus → \udce4"])
    assert stopped.value.code == 1
    streams[1].flush()
    assert rb"/nowhere/M" in streams[1].buffer.getvalue()  # type: ignore[attr-defined]


SLOW = """
import sys, time
from reverie.cli import main as entry
class Slow:
    computes = False
    def run(self):
        print("begun", flush=True)
        time.sleep(60)
with entry._terminated_like_interrupted():
    sys.exit(entry.run_verb(Slow))
"""


def start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_batch_system_that_ends_us_is_answered_like_ctrl_c():
    with start(SLOW) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 143
    assert told == "reverie: Interrupted; give the same command again to resume where it stopped.\n"


LONG = """
import sys
from reverie.cli import main as entry
class Long:
    computes = False
    def run(self):
        for line in range(50_000):
            print(line)
code = entry.run_verb(Long)
entry._empty_output()
sys.exit(code)
"""


def test_a_working_directory_that_was_deleted_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    verb = Fake(lambda: None)
    object.__setattr__(verb, "computes", True)
    assert run_verb(lambda: verb) == 1
    assert capsys.readouterr().err == (
        "reverie: The working directory was deleted; change to another one, such as with cd ~.\n"
    )


def test_a_reader_that_leaves_is_no_error():
    with start(LONG) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


class Full(io.StringIO):
    """Standard output sent to a file on a full disk."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_output_to_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "stdout", Full())
    assert run_verb(lambda: Fake(lambda: print("result"))) == 1
    assert (
        capsys.readouterr().err == "reverie: no space is left on the disk; free some and give the same command again.\n"
    )


def test_a_name_cannot_break_the_line_or_move_the_cursor():
    assert explain(ReverieError("a\nb \x1b[2J is not there.")) == r"a\nb \x1b[2J is not there."
    assert explain(ReverieError("Two failed:", "  a\tb", "  c")) == "Two failed:\n  a\\tb\n  c"


def test_the_module_is_the_command():
    asked = subprocess.run([sys.executable, "-m", "reverie", "inspec"], capture_output=True, text=True, timeout=60)
    assert asked.returncode != 0
    assert asked.stderr.startswith("reverie: there is no verb 'inspec'; choose one of simulate, inspect")
