"""Turning a published checkpoint into an encoder folder."""

from collections.abc import Sequence
from pathlib import Path

from reverie.encoders.checkpoint_layouts import read_checkpoint
from reverie.encoders.checkpoints import DESCRIPTION, left_unfinished, read_description, save_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.published import build_encoder
from reverie.foundation.devices import torch_defaults
from reverie.foundation.errors import ReverieError
from reverie.foundation.fingerprints import file_digest
from reverie.foundation.folders import holds_nothing, require_folder
from reverie.foundation.progress import say
from reverie.foundation.requests import given_path


@torch_defaults()
def import_weights(
    checkpoint: Path | str,
    out: Path | str | None = None,
    *,
    animals: str | Sequence[str] = (),
    neurons: int | Sequence[int] = (),
) -> Encoder:
    """Turn a published DwiseNeuro checkpoint into an encoder, and keep it in a folder where one is named.

    Parameters
    ----------
    checkpoint
        The published file (.pth); code in it is never run.
    out
        Folder for the encoder; it stays in memory without one.
    animals
        Name of each readout, in order; the published ten by default when the neuron counts match.
    neurons
        Number of neurons of each readout, where the file does not state it.

    Raises
    ------
    ReverieError
        When the file is not such a checkpoint or holds code, the animals do not match its readouts, or the folder
        holds another encoder or anything else.
    """
    folder = None if out is None else given_path(out, "The folder of an encoder")
    if folder is not None:
        require_folder(folder)
    file = given_path(checkpoint, "A checkpoint")
    read = read_checkpoint(file)
    names = [animals] if isinstance(animals, str) else animals
    counts = [neurons] if isinstance(neurons, int) else neurons
    encoder = build_encoder(file, read, names or None, counts or None)
    encoder.about = {"imported_from": file.name, "fingerprint": file_digest(file)}
    if read.assumed:
        encoder.about["assumed"] = read.assumed
        say(read.assumed)
    if folder is None:
        return encoder
    if _is_imported_already(folder, encoder):
        say(f"{file} was imported into {folder} already.")
    else:
        save_encoder(encoder, folder, about=encoder.about)
        say(f"{len(encoder.mice)} readouts ({', '.join(encoder.mice)}) are in {folder}.")
    encoder.folder = folder.absolute()
    return encoder


def _is_imported_already(out: Path, encoder: Encoder) -> bool:
    """Return whether a folder holds exactly this encoder; raises ReverieError when it holds anything else."""
    mice, about = encoder.mice, encoder.about
    if (out / DESCRIPTION).exists():
        found = read_description(out)
        earlier = found.get("about", {}).get("fingerprint")
        if earlier == about["fingerprint"] and list(found.get("mice", {}).items()) == list(mice.items()):
            return True
        raise ReverieError(f"{out} holds another encoder; choose another --out, so that nothing is overwritten.")
    if not holds_nothing(out) and not left_unfinished(out, encoder):
        raise ReverieError(f"{out} is not empty and holds no encoder; choose another --out.")
    return False
