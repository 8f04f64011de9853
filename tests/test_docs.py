"""What the documentation shows, works: every block of Python runs, every command, option, path and name exists."""

import contextlib
import io
import re
import shlex
import shutil
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from tests.fixtures import cover_the_frame
from tests.laboratory import CELL, DOCUMENTS, blocks_of, enter, furnish

from reverie.cli.main import main
from reverie.cli.verbs import VERBS, parse
from reverie.encoders import registry

PAGES = [DOCUMENTS / "README.md", *sorted((DOCUMENTS / "docs").rglob("*.md"))]
WITH_PYTHON = [page for page in PAGES if blocks_of(page)]
NOT_DATED = [page for page in PAGES if page.parent.name != "decisions"]
"""Decisions say what was decided when; commands in them are those of then."""

COMMAND = re.compile(r"^ *(reverie [a-z][^`#\n]*)(?=#|$)|`(reverie [a-z][^`#]*)`", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
DOTTED = re.compile(r"\b(?:reverie|benchmarks)(?:\.[A-Za-z_]\w*)+")
PATH = re.compile(r"\b(?:src|tests|docs|examples|benchmarks|tools)/[\w/.-]*\w")

OF_OTHERS = {"--constraint", "--editable", "--quick", "--help", "--cases", "--moments", "--only"}
OF_OTHERS |= {"--seeds", "--counts", "--clips", "--build-arg", "--fakeroot", "--kinds", "--methods"}
"""Options of programs other than `reverie` that the documentation names, and the one every verb has."""


def named(page: Path) -> str:
    return str(page.relative_to(DOCUMENTS))


@pytest.fixture(scope="module")
def used_laboratory(tmp_path_factory):
    """A folder in which the first cell of a notebook has run: what is slow is done."""
    folder = tmp_path_factory.mktemp("laboratory")
    furnish(folder)
    with pytest.MonkeyPatch.context() as monkeypatch:
        enter(folder, monkeypatch)
        cover_the_frame(monkeypatch)
        exec(CELL, {})
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_PYTHON, ids=named)
def test_every_block_of_python_runs(page, used_laboratory, tmp_path, monkeypatch):
    folder = shutil.copytree(used_laboratory, tmp_path / "laboratory")
    enter(folder, monkeypatch)
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks_of(page):
        exec(compile(block, str(page), "exec"), names)
    plt.close("all")
    if page.parent.name == "formats":
        for told in commands_of(page):
            try_out(shlex.split(told)[1:])


def try_out(words: list[str]) -> None:
    """Do what a page tells to type with the recording it has written: look at it, or train on it, for a few steps."""
    if words[0] not in ("inspect", "train") or not any(Path(word).exists() for word in words[1:2]):
        return
    few = ["--steps", "2", "--architecture", "linear_nonlinear"] if words[0] == "train" else []
    with pytest.raises(SystemExit) as stopped:
        # The laboratory has an encoder already.
        main([word.replace("ENCODER", "ENCODER2") for word in words] + few)
    assert stopped.value.code == 0


def test_the_first_cell_is_the_example_of_the_front_page():
    assert [block.lstrip("\n") for block in blocks_of(DOCUMENTS / "README.md")] == [CELL]


def commands_of(page: Path) -> list[str]:
    """Return what is told to be typed, on one line each, without what is left out by dots."""
    found = COMMAND.findall(page.read_text(encoding="utf-8"))
    return [" ".join((alone or within).split()) for alone, within in found]


def complete(page: Path) -> list[str]:
    """Return the commands of a page that leave nothing out."""
    return [told for told in commands_of(page) if told.split()[1] in VERBS and "…" not in told and " --" in told]


COMMANDS = sorted({told for page in NOT_DATED for told in complete(page) if "--out" in told or "--help" in told})


@pytest.mark.parametrize("told", COMMANDS)
def test_every_command_is_understood(told):
    if "--help" in told:
        return
    assert parse(shlex.split(told)[1:]) is not None


@pytest.mark.parametrize("page", NOT_DATED, ids=named)
def test_every_verb_and_option_exists(page):
    text = page.read_text(encoding="utf-8")
    verbs = {told.split()[1] for told in commands_of(page)} - {"VERB", "is", "and"}
    assert verbs <= set(VERBS)
    assert set(OPTION.findall(text)) <= known_options() | OF_OTHERS


@cache
def known_options() -> set[str]:
    """Return the options of all verbs, as their help tells them."""
    return set().union(*map(options_of, VERBS))


def options_of(verb: str) -> set[str]:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), pytest.raises(SystemExit):
        parse([verb, "--help"])
    return set(OPTION.findall(told.getvalue()))


@pytest.mark.parametrize("page", NOT_DATED, ids=named)
def test_every_module_and_file_that_is_named_exists(page):
    text = page.read_text(encoding="utf-8")
    assert [name for name in DOTTED.findall(text) if not exists(name)] == []
    assert [path for path in PATH.findall(text) if not (DOCUMENTS / path).exists()] == []


def test_every_word_of_code_is_one_of_the_program():
    """Symbols of the methods' tables, fields and functions: whatever a page calls by name is there."""
    words = set(re.findall(r"\w+", "\n".join(f"{path}\n{path.read_text(encoding='utf-8')}" for path in sources())))
    for page in (DOCUMENTS / "docs").glob("*.md"):
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        spans = re.findall(r"`([^`\n]+)`", text)
        named_here = {word for span in spans for word in re.findall(r"\b[A-Za-z_]\w{3,}\b", span)}
        assert sorted(named_here - words) == [], page


def sources() -> list[Path]:
    return [
        path
        for folder in ("src", "benchmarks", "tests", ".ci")
        for path in (DOCUMENTS / folder).rglob("*")
        if path.is_file() and path.suffix in (".py", ".c", ".h", ".js", ".html", "") and "__pycache__" not in path.parts
    ]


def exists(dotted: str) -> bool:
    """Return whether a dotted name is a module or lies in one."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


LINK = re.compile(r"\]\((?!https?:)([^)#\s]+\.md|[^)#\s]+/[^)#\s]*)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
