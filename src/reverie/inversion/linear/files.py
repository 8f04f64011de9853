"""Decoders on disk: a folder with a readable description and the fitted numbers, and no code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from reverie.encoders.checkpoints import WEIGHTS_DIGEST, read_weights
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_record, write_bytes, write_record
from reverie.foundation.fingerprints import bytes_digest
from reverie.inversion.linear.population import Population
from reverie.inversion.linear.ridge import RidgeDecoder

DESCRIPTION = "decoder.json"
WEIGHTS = "weights.safetensors"
FORMAT = "reverie decoder"
VERSION = 2


def save_decoder(decoder: RidgeDecoder, folder: Path, about: Mapping[str, Any] | None = None) -> None:
    """Write a decoder to a folder, each file whole or not at all.

    about: further facts to store with it (such as its training trials), values that JSON can hold. Raises ReverieError
    when the folder cannot be written.
    """
    population = decoder.population
    weights = save({name: np.ascontiguousarray(array) for name, array in decoder.arrays().items()})
    write_bytes(folder / WEIGHTS, weights)
    description = {
        "format": FORMAT,
        "version": VERSION,
        "mouse": population.mouse,
        "neurons": population.neurons,
        "frame_size": population.frame_size,
        "config": decoder.config(),
        WEIGHTS_DIGEST: bytes_digest(weights),
        "about": dict(about or {}),
    }
    # Written last: its presence means that the decoder is whole.
    write_record(folder / DESCRIPTION, description)


def load_decoder(folder: Path) -> RidgeDecoder:
    """Read a decoder back, bit for bit.

    Raises ReverieError when a file is missing, damaged or foreign.
    """
    description = read_decoder_description(folder)
    arrays = {
        name: tensor.numpy() for name, tensor in read_weights(folder / WEIGHTS, description.get(WEIGHTS_DIGEST)).items()
    }
    try:
        height, width = description["frame_size"]
        population = Population(str(description["mouse"]), int(description["neurons"]), (int(height), int(width)))
        return RidgeDecoder.restore(population, description["config"], arrays)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ReverieError(f"{folder / DESCRIPTION} is incomplete ({error!r}); fit the decoder again.") from error


def read_decoder_description(folder: Path) -> dict[str, Any]:
    """Read the description of a decoder folder; raises ReverieError when it is not one this version can read."""
    if not (folder / DESCRIPTION).is_file():
        raise ReverieError(f"{folder} is not the folder of a decoder (it has no {DESCRIPTION}); fit one first.")
    description = read_record(folder / DESCRIPTION)
    if description.get("format") != FORMAT or description.get("version") != VERSION:
        raise ReverieError(f"{folder / DESCRIPTION} is not a decoder of format version {VERSION}; fit it again.")
    return description
