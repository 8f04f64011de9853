"""What parameters and fields mean is written in one way everywhere (docs/design.md, "Docstrings")."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reverie

ROOT = Path(reverie.__file__).parent
NOT_YET = ("encoders/layers.py", "training/step.py")
"""Modules with one parameter each that is still explained in a sentence."""

MODULES = sorted({path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")} - {*NOT_YET})

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def named_in_sentences(source: str) -> Iterator[str]:
    """Yield the public functions and classes whose docstrings explain a name as ``name: what it means``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, FUNCTION | ast.ClassDef) or node.name.startswith("_"):
            continue
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        arguments = [one.args for one in inner if isinstance(one, FUNCTION) and one in (node, *_begin(inner))]
        names = [each.arg for spec in arguments for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
        names += [
            each.target.id for each in inner if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        for name in names:
            if re.search(rf"(^|[.;:)]\s+|, )(``)?{re.escape(name)}(``)?: ", ast.get_docstring(node) or ""):
                yield f"{node.name}: {name}"


def _begin(body: list[ast.stmt]) -> list[ast.stmt]:
    return [one for one in body if isinstance(one, FUNCTION) and one.name == "__init__"]


@pytest.mark.parametrize("module", MODULES)
def test_parameters_stand_in_a_section_and_fields_below_each(module: str) -> None:
    assert not list(named_in_sentences((ROOT / module).read_text(encoding="utf-8")))


def test_both_kinds_of_names_in_sentences_are_found() -> None:
    source = '''
def played(movie, rate):
    """Play a movie. rate: frames per second."""

class Clip:
    """A clip. title: its name."""

    title: str

def shown(movie):
    """Show a movie.

    Parameters
    ----------
    movie
        The movie.
    """
'''
    assert list(named_in_sentences(source)) == ["played: rate", "Clip: title"]
