"""What happens where kernels are compiled, and where they cannot be."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import pytest
import torch
from tests.encoders.fast.choices import COMPILED, COMPILER
from tests.encoders.fast.test_compiled_block import encoder_with, planes_for

from reverie.encoders.fast import compiling, kernels
from reverie.encoders.fast.compiling import COMPILERS, PROCESSORS
from reverie.encoders.fast.dwiseneuro import FrozenCore
from reverie.foundation.errors import ReverieError

needs_compiler = pytest.mark.skipif(not COMPILER, reason="needs a C compiler")


@pytest.fixture(autouse=True)
def untouched(monkeypatch, tmp_path):
    """An empty cache, and no memory of what was compiled before."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv(kernels.CHOICE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kernels._library.cache_clear()
    yield
    kernels._library.cache_clear()


@pytest.fixture
def quick(monkeypatch):
    """Compile without the optimisation that takes seconds."""
    monkeypatch.setattr(compiling, "FLAGS", ("-O0", "-std=c11", "-fPIC"))


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def check_that_torch_does_it(capsys, *expected):
    """Kernels cannot be had: torch does their work, and the reason is told once."""
    core = FrozenCore(encoder_with())
    assert not core.compiled
    assert core(planes_for(encoder_with())).isfinite().all()
    assert kernels.library() is None
    told = capsys.readouterr().err.strip()
    assert told.count("\n") == 0
    assert all(part in told for part in ("up to three times slower", *expected))


def test_without_a_compiler_that_is_said_once(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    check_that_torch_does_it(capsys, "no C compiler was found", *COMPILERS)


def test_a_compiler_that_is_named_and_missing_is_told(monkeypatch, capsys):
    monkeypatch.setenv("CC", "no-such-compiler -pipe")
    check_that_torch_does_it(capsys, "no-such-compiler, which CC names, was not found")


def test_message_of_a_failing_compiler_is_shown(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CC", script(tmp_path / "broken", "echo 'shape.h: fatal error: out of paper' >&2; exit 1"))
    check_that_torch_does_it(capsys, "broken failed: shape.h: fatal error: out of paper")


def test_where_nothing_can_be_kept_that_is_told(monkeypatch, tmp_path, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("CC", script(tmp_path / "never", "exit 1"))
    monkeypatch.setattr(compiling, "_kept_in", full)
    check_that_torch_does_it(capsys, "no folder was found to keep them in", "No space left on device")


def test_switched_off_nothing_is_said(monkeypatch, capsys):
    monkeypatch.setenv(kernels.CHOICE, "off")
    monkeypatch.setenv("PATH", "")
    assert not FrozenCore(encoder_with()).compiled
    assert capsys.readouterr().err == ""


def test_an_unknown_choice_is_refused(monkeypatch):
    monkeypatch.setenv(kernels.CHOICE, "sse9")
    with pytest.raises(ReverieError, match="'sse9' but must be native, avx2, portable or off"):
        kernels.library()


def test_avx2_is_not_forced_upon_a_processor_that_has_none(monkeypatch, capsys):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    monkeypatch.setenv(kernels.CHOICE, "avx2")
    check_that_torch_does_it(capsys, "this processor has no AVX2")


@needs_compiler
@pytest.mark.usefixtures("quick")
def test_the_compiler_that_is_named_compiles_and_the_next_process_finds_what_it_made(monkeypatch, tmp_path, capsys):
    compiler = next(filter(None, map(shutil.which, COMPILERS)))
    monkeypatch.setenv(
        "CC", script(tmp_path / "mine", f'echo called >> {tmp_path}/calls; exec {compiler} "$@"') + " -g"
    )
    assert kernels.library() is not None
    calls = (tmp_path / "calls").read_text()
    (kept,) = (tmp_path / "cache/reverie").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o700
    kernels._library.cache_clear()
    assert kernels.library() is not None
    assert (tmp_path / "calls").read_text() == calls
    assert capsys.readouterr().err == ""


@needs_compiler
@pytest.mark.usefixtures("quick")
def test_code_that_others_may_have_written_is_not_run(tmp_path):
    assert kernels.library() is not None
    (kept,) = (tmp_path / "cache/reverie").iterdir()
    kept.unlink()  # not written over, since this process runs it
    kept.write_bytes(b"not ours")
    kept.chmod(0o770)
    kernels._library.cache_clear()
    assert kernels.library() is not None
    assert kept.read_bytes() != b"not ours"


@needs_compiler
@pytest.mark.usefixtures("quick")
def test_where_no_folder_is_ones_own_the_kernels_are_compiled_for_this_process(tmp_path, capsys):
    for folder in (tmp_path / "cache/reverie", tmp_path / f"reverie-{os.geteuid()}"):
        folder.mkdir(parents=True)
        folder.chmod(0o777)
    assert FrozenCore(encoder_with()).compiled
    assert capsys.readouterr().err.count("is not used, since") == 2
    assert not list(tmp_path.rglob("*.so"))


@needs_compiler
@pytest.mark.usefixtures("quick")
def test_without_the_openmp_of_torch_there_is_one_thread_and_that_is_said(monkeypatch, capsys):
    monkeypatch.setattr(compiling, "torch_runtime", lambda: None)
    assert FrozenCore(encoder_with()).compiled
    assert "use one thread only" in capsys.readouterr().err


USED = """
import json, os, sys, threadpoolctl, torch
from tests.encoders.fast.test_compiled_block import encoder_with, planes_for
from reverie.encoders.fast import kernels
from reverie.encoders.fast.dwiseneuro import FrozenCore

def runtimes():
    libraries = [each for each in threadpoolctl.threadpool_info() if each["user_api"] == "openmp"]
    return [os.path.realpath(each["filepath"]) for each in libraries]

found = {"before": runtimes()}
for choice in sys.argv[1:]:
    os.environ[kernels.CHOICE] = choice
    kernels._library.cache_clear()
    core = FrozenCore(encoder_with())
    core(planes_for(encoder_with())).sum().backward()
    found[choice] = runtimes() if core.compiled else "not compiled"
print(json.dumps(found))
"""


@pytest.mark.skipif(not COMPILED, reason="needs a C compiler")
def test_kernels_share_the_openmp_runtime_of_torch():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("XDG_CACHE_HOME")
    words = [sys.executable, "-c", USED, *COMPILED]
    found = json.loads(subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout)
    assert found == {when: [os.path.realpath(compiling.torch_runtime())] for when in ("before", *COMPILED)}


def test_every_processor_has_flags_and_none_changes_how_others_round():
    assert set(COMPILED) <= PROCESSORS.keys()
    words = [*compiling.FLAGS, *(flag for flags in PROCESSORS.values() for flag in flags)]
    assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations"} & set(words)
