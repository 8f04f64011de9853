"""Turning a published checkpoint into an encoder folder."""

from collections.abc import Sequence
from pathlib import Path

from reverie.encoders.checkpoints import save_encoder
from reverie.encoders.published import import_published
from reverie.foundation.progress import say
from reverie.foundation.provenance import fingerprint


def import_weights(checkpoint: Path, out: Path, *, animals: Sequence[str]) -> None:
    """Convert a published DwiseNeuro checkpoint to an encoder folder.

    Raises ReverieError when the file is not such a checkpoint, holds code, or the animals do not match its readouts.
    """
    encoder = import_published(checkpoint, animals or None)
    save_encoder(encoder, out, about={"imported_from": checkpoint.name, "fingerprint": fingerprint(checkpoint)})
    say(f"{len(encoder.mice)} readouts ({', '.join(encoder.mice)}) are in {out}.")
