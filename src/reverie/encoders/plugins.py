"""Modules of a user that register encoders: named by the environment, or by an installed package's entry points."""

import importlib
import importlib.util
import os
import sys
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

from reverie.foundation.errors import BadInput, ReverieError

PLUGINS: Final = "REVERIE_PLUGINS"
"""The environment variable that names modules, or files of Python, which call ``register``; parted as in ``PATH``."""

GROUP: Final = "reverie.encoders"
"""The group of entry points by which an installed package names such modules."""


def import_plugins() -> None:
    """Import what the environment and installed packages name, each once.

    Only what the user named or installed is ever imported; what an encoder's folder says never is.

    Raises
    ------
    BadInput
        When one cannot be imported.
    """
    for name in filter(None, os.environ.get(PLUGINS, "").split(os.pathsep)):
        _import_named(name)
    for point in entry_points(group=GROUP):
        _import_named(point.module)


@cache
def _import_named(name: str) -> None:
    try:
        if name.endswith(".py"):
            _import_file(Path(name).expanduser())
        else:
            importlib.import_module(name)
    except ReverieError:
        raise
    except (Exception, SystemExit) as error:
        raise BadInput(
            f"{name}, which {PLUGINS} or an installed package names, could not be imported: "
            f"{type(error).__name__}: {error}."
        ) from error


def _import_file(path: Path) -> ModuleType:
    module_name = f"reverie_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # where dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module
