"""Turning a published checkpoint into an encoder folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from reverie.encoders.checkpoint_layouts import read_checkpoint
from reverie.encoders.checkpoints import DESCRIPTION, read_description, save_encoder
from reverie.encoders.published import build_encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.places import holds_nothing, require_folder
from reverie.foundation.progress import say
from reverie.foundation.provenance import fingerprint


def import_weights(checkpoint: Path, out: Path, *, animals: Sequence[str], neurons: Sequence[int] = ()) -> None:
    """Convert a published DwiseNeuro checkpoint to an encoder folder; see ``published.import_published``.

    Raises ReverieError when the file is not such a checkpoint, holds code, the animals do not match its readouts, or
    the folder holds another encoder or anything else.
    """
    require_folder(out)
    read = read_checkpoint(checkpoint)
    encoder = build_encoder(checkpoint, read, animals or None, neurons or None)
    about = {"imported_from": checkpoint.name, "fingerprint": fingerprint(checkpoint)}
    if _is_imported_already(out, encoder.mice, about):
        say(f"{checkpoint} was imported into {out} already.")
        return
    if read.assumed:
        about["assumed"] = read.assumed
        say(read.assumed)
    save_encoder(encoder, out, about=about)
    say(f"{len(encoder.mice)} readouts ({', '.join(encoder.mice)}) are in {out}.")


def _is_imported_already(out: Path, mice: Mapping[str, int], about: Mapping[str, str]) -> bool:
    """Tell whether a folder holds just this encoder; raises ReverieError when it holds anything else."""
    if (out / DESCRIPTION).exists():
        found = read_description(out)
        earlier = found.get("about", {}).get("fingerprint")
        if earlier == about["fingerprint"] and list(found.get("mice", {}).items()) == list(mice.items()):
            return True
        raise ReverieError(f"{out} holds another encoder; choose another --out, so that nothing is overwritten.")
    if not holds_nothing(out):
        raise ReverieError(f"{out} is not empty and holds no encoder; choose another --out.")
    return False
