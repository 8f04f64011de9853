"""The architectures by name, from which encoders on the disk are built, and where your own is registered."""

import dataclasses
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from reverie.encoders.contract import Encoder, device_of
from reverie.foundation.arrays import GREY
from reverie.foundation.devices import torch_defaults
from reverie.foundation.errors import BadInput, ReverieError

PLUGINS = "REVERIE_PLUGINS"
"""The environment variable that names modules or Python files that call ``register``, separated as in ``PATH``."""

GROUP = "reverie.encoders"
"""The group of entry points by which an installed package names such modules."""

BUILT_IN = {
    "dwiseneuro": "reverie.encoders.dwiseneuro.DwiseNeuro",
    "compact": "reverie.encoders.compact.Compact",
    "linear_nonlinear": "reverie.encoders.linear_nonlinear.LinearNonlinear",
    "simulated_truth": "reverie.simulation.truth.SimulatedTruth",
    "retinal_truth": "reverie.simulation.retina.RetinalTruth",
    "convolutional_truth": "reverie.simulation.convolutional.ConvolutionalTruth",
}
"""Dotted names of classes, imported when first needed, since some are in higher rooms; ``XConfig`` is beside ``X``."""

EncoderClass = Callable[[Any, Mapping[str, int], tuple[int, int]], Encoder]
"""How every architecture is built: settings, neurons of each animal by name, frame size; it keeps the settings as
``config``, a frozen dataclass."""


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
    sys.modules[module_name] = module  # dataclasses look up their module there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


@dataclass(frozen=True)
class Architecture:
    """A name, the dataclass of settings, and the encoder's class."""

    name: str
    config: type[Any]
    encoder: EncoderClass


_registered: dict[str, Architecture] = {}
_loading_weights: ContextVar[bool] = ContextVar("loading_weights", default=False)


def register(name: str, config: type[Any], encoder: EncoderClass) -> None:
    """Register an architecture of your own, so that it can be trained, saved and loaded by name.

    Parameters
    ----------
    config
        A frozen dataclass of numbers, strings and tuples.

    Raises
    ------
    ReverieError
        When the name is taken already.
    """
    new = Architecture(name, config, encoder)
    if name in BUILT_IN or _registered.get(name, new) != new:
        raise ReverieError(f"There is an architecture {name!r} already; register yours under another name.")
    _registered[name] = new


def find_architecture(name: str) -> Architecture:
    """Return an architecture by name; raises ReverieError when no architecture has this name.

    >>> find_architecture("dwiseneuro").config.__name__
    'DwiseNeuroConfig'
    """
    if name in BUILT_IN:
        module_name, _, class_name = BUILT_IN[name].rpartition(".")
        module = importlib.import_module(module_name)
        return Architecture(name, getattr(module, f"{class_name}Config"), getattr(module, class_name))
    if name not in _registered:
        import_plugins()
    if name not in _registered:
        known = ", ".join([*BUILT_IN, *_registered])
        raise ReverieError(
            f"No architecture is called {name!r} (known: {known}); import the module that registers it first, or name "
            f"it in the environment variable {PLUGINS}."
        )
    return _registered[name]


def name_architecture(encoder: Encoder) -> str:
    """Return the registered name of an encoder's architecture; raises ReverieError when there is none."""
    kind: object = type(encoder)
    dotted_name = f"{type(encoder).__module__}.{type(encoder).__qualname__}"
    for name, dotted in BUILT_IN.items():
        if dotted == dotted_name:
            return name
    for name, architecture in _registered.items():
        if architecture.encoder is kind:
            return name
    raise ReverieError(
        f"{type(encoder).__name__} is not a registered architecture; call reverie.encoders.registry.register with a "
        "name, the dataclass of its settings and the class."
    )


@torch_defaults()
def require_contract(encoder: Encoder) -> None:
    """Raise ReverieError unless a user's own encoder returns rates (batch, neuron, time) that torch can differentiate.

    Built-in encoders are not checked.
    """
    if f"{type(encoder).__module__}.{type(encoder).__qualname__}" in BUILT_IN.values():
        return
    frames, device, training = encoder.window or encoder.history + 2, device_of(encoder), encoder.training
    movie = torch.full((1, frames, *encoder.frame_size), GREY, device=device, requires_grad=True)
    for animal, neurons in encoder.mice.items():
        encoder.eval()  # so that statistics of training clips are not changed by this one
        try:
            rates = encoder(movie, torch.zeros(1, 4, frames, device=device), animal)
        finally:
            encoder.train(training)
        if tuple(rates.shape) != (1, neurons, frames):
            raise ReverieError(
                f"{type(encoder).__name__} returned rates of the shape {tuple(rates.shape)} for one clip of {frames} "
                f"frames and the {neurons} neurons of {animal}; (batch, neuron, time) is expected."
            )
        if not rates.requires_grad:
            raise ReverieError(
                f"The rates of {type(encoder).__name__} have no gradient, without which no movie can be found; leave "
                "gradients on in its forward, and convert nothing to numpy there."
            )


def build(
    architecture: str, config: Mapping[str, Any], mice: Mapping[str, int], frame_size: tuple[int, int]
) -> Encoder:
    """Build the encoder that weights are loaded into, from settings as JSON holds them; those left out take defaults.

    Steps that only determine weights, such as calibrating a simulated animal, are skipped: see
    ``weights_will_be_loaded``. Raises ReverieError when the architecture or a setting is unknown, or no encoder can
    have these settings.
    """
    found = find_architecture(architecture)
    unknown = config.keys() - {field.name for field in dataclasses.fields(found.config)}
    if unknown:
        raise ReverieError(
            f"The architecture {architecture!r} has no setting {min(unknown)!r}; train or import the encoder again."
        )
    token = _loading_weights.set(True)
    try:
        return found.encoder(found.config(**{name: _frozen(value) for name, value in config.items()}), mice, frame_size)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ReverieError(f"No {architecture!r} encoder can have these settings ({error}).") from error
    finally:
        _loading_weights.reset(token)


def weights_will_be_loaded() -> bool:
    """Return whether the encoder that is being built will then be given all its weights and buffers."""
    return _loading_weights.get()


def _frozen(value: object) -> object:
    """Turn the lists of JSON into the tuples a frozen dataclass holds."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
