"""What parameters and fields mean is written in one way everywhere (docs/design.md, "Docstrings")."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reverie

ROOT = Path(reverie.__file__).parent
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))

SECTION = re.compile(r"^Parameters\n-+\n(?P<entries>.*?)(?=^\w[\w ]*\n-{3,}|\Z)", re.MULTILINE | re.DOTALL)

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def named_in_sentences(source: str) -> Iterator[str]:
    """Yield the public functions and classes whose docstrings explain a name as ``name: what it means``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, FUNCTION | ast.ClassDef) or node.name.startswith("_"):
            continue
        for name in _names(node):
            if re.search(rf"(^|[.;:)]\s+|, )(``)?{re.escape(name)}(``)?: ", ast.get_docstring(node) or ""):
                yield f"{node.name}: {name}"


def misnamed(source: str) -> Iterator[str]:
    """Yield the parameters of sections that are none of a function's or class's own, or stand in another order."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, FUNCTION | ast.ClassDef):
            continue
        found = SECTION.search(ast.get_docstring(node) or "")
        own = list(_names(node))
        if found is None or not own:  # without any, a class takes those of the class it is made from
            continue
        lines = [line for line in found["entries"].splitlines() if line and not line.startswith(" ")]
        listed = [name.strip().lstrip("*") for line in lines for name in line.split(",")]
        yield from (f"{node.name}: {name}" for name in listed if name not in own)
        if set(listed) <= set(own) and listed != sorted(listed, key=own.index):
            yield f"{node.name}: {', '.join(listed)}"


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names of a function's parameters, or of those that a class is made from, and its fields."""
    inner = node.body if isinstance(node, ast.ClassDef) else [node]
    for one in inner:
        if isinstance(one, FUNCTION) and one in (node, *_begin(inner)):
            spec = one.args
            every = [*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg]
            yield from (each.arg for each in every if each is not None and each.arg not in ("self", "cls"))
    fields = [one.target for one in inner if isinstance(one, ast.AnnAssign)]
    yield from (field.id for field in fields if isinstance(field, ast.Name))


def _begin(body: list[ast.stmt]) -> list[ast.stmt]:
    return [one for one in body if isinstance(one, FUNCTION) and one.name == "__init__"]


@pytest.mark.parametrize("module", MODULES)
def test_parameters_stand_in_a_section_and_fields_below_each(module: str) -> None:
    assert not list(named_in_sentences((ROOT / module).read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", MODULES)
def test_parameters_in_sections_are_those_there_are_in_their_order(module: str) -> None:
    assert not list(misnamed((ROOT / module).read_text(encoding="utf-8")))


def test_names_that_there_are_not_and_another_order_are_found() -> None:
    entries = "".join(f"    {name}\n        Something.\n" for name in ("second", "first"))
    source = f'def turned(first, second):\n    """Turn.\n\n    Parameters\n    ----------\n{entries}    """\n'
    assert list(misnamed(source)) == ["turned: second, first"]
    assert list(misnamed(source.replace("(first,", "(third,"))) == ["turned: first"]


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
