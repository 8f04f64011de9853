"""What messages tell people to do can be done: every verb and option they name exists; and text has an encoding."""

import argparse
import ast
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import tyro

import reverie
from reverie.cli.verbs import VERBS

SOURCE = Path(reverie.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

FOREIGN = {
    "--force-reinstall",
    "--no-undefined",
    "--constraint",
    "--quiet",
    "--editable",
    "--help",
    "--version",
    "--mode",
    "--name-only",
    "--repo-type",
    "--local-dir",
    "--gres",
    "--account",
    "--me",
    "--noheader",
}
"""Options of other programs that are named (pip, the linker, hf, sbatch, squeue); and two that are no verb's own."""

NO_VERB = {"again", "as", "in", "is", "encoder", "decoder", "VERB", "run", "from"}
"""Words after the program's name in sentences about it."""


def parser_of(verb: str) -> argparse.ArgumentParser:
    module, name = VERBS[verb].split(":")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # tyro has no other way to ask
        return tyro.extras.get_parser(getattr(import_module(module), name))


@pytest.fixture(scope="module")
def options() -> set[str]:
    return {word for verb in VERBS for action in parser_of(verb)._actions for word in action.option_strings}


def strings(module: Path) -> Iterator[str]:
    """Yield every text of a module: messages, with what is filled in left out, and documentation."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def unknown_words(text: str, options: set[str]) -> set[str]:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    verbs = set(re.findall(r"\breverie ([a-z][a-z-]+)", text))
    return {word for word in named if word not in options | FOREIGN} | (verbs - VERBS.keys() - NO_VERB)


def test_messages_name_verbs_and_options_that_exist(options: set[str]):
    for module in MODULES:
        wrong = {word for text in strings(module) for word in unknown_words(text, options)}
        assert not wrong, f"{module} names {wrong}"


def test_every_text_file_is_read_and_written_in_a_named_encoding():
    """Where none is named, Windows takes cp1252, and "Mäus" becomes another animal."""
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                named = {keyword.arg for keyword in node.keywords}
                mode = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else "r"
                text = node.func.attr in ("read_text", "write_text") or (
                    node.func.attr == "open" and not node.args and not named
                )
                binary = isinstance(mode, str) and "b" in mode and node.func.attr == "open"
                assert not text or binary or "encoding" in named, f"{module}:{node.lineno} names no encoding"
