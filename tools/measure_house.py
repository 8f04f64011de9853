"""Counts what the table in docs/design.md says of the program's size: modules, lines, rooms, public names.

python tools/measure_house.py            # of the working tree
python tools/measure_house.py COMMIT     # of an earlier commit
"""

import ast
import io
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
PACKAGE = "src/reverie"


def measure(files: Mapping[str, str]) -> dict[str, int]:
    """Return the counts of a package.

    Parameters
    ----------
    files
        The text of every Python file, by its path inside the package.

    Returns
    -------
    modules: files of Python, those that hold nothing but a docstring left out. lines: all lines of all files. rooms:
    folders directly in the package. public names: functions and classes at the top of a module whose name begins with
    no underscore. names at the door: what ``import reverie`` offers.
    """
    trees = {path: ast.parse(text) for path, text in files.items()}
    return {
        "modules": sum(len(tree.body) > bool(ast.get_docstring(tree)) for tree in trees.values()),
        "lines": sum(text.count("\n") for text in files.values()),
        "rooms": len({PurePosixPath(path).parts[0] for path in files if "/" in path}),
        "public names": sum(len(public_names(tree)) for path, tree in trees.items() if "/" in path),
        "names at the door": len(door_names(trees.get("__init__.py", ast.Module(body=[], type_ignores=[])))),
    }


def public_names(tree: ast.Module) -> list[str]:
    """Return the functions and classes that a module defines for others."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in tree.body if isinstance(node, defined) and not node.name.startswith("_")]


def door_names(tree: ast.Module) -> list[str]:
    """Return what ``__all__`` holds."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "__all__" for one in node.targets):
            found: list[str] = ast.literal_eval(node.value)
            return found
    return []


def files_now() -> dict[str, str]:
    """Return the package as it lies here."""
    package = ROOT / PACKAGE
    paths = package.rglob("*.py")
    return {path.relative_to(package).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def files_at(commit: str) -> dict[str, str]:
    """Return the package as it was at a commit."""
    archive = subprocess.run(["git", "archive", commit, PACKAGE], cwd=ROOT, capture_output=True, check=True).stdout
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.name.endswith(".py") else None
            if stream is not None:
                found[str(PurePosixPath(member.name).relative_to(PACKAGE))] = stream.read().decode()
    return found


if __name__ == "__main__":
    files = files_at(sys.argv[1]) if len(sys.argv) > 1 else files_now()
    for name, count in measure(files).items():
        print(f"{name:<20}{count:>8}")
