"""Style packs: what makes Kokoro's network speak as one voice or another.

A pack is float32 [rows, 256] (some files have a dimension of 1 in between): a phrase of n phonemes
takes row n - 1. Of the 256 numbers, 128 are for the decoder and 128 for the prosody.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from speech.errors import ConfigError

Floats = npt.NDArray[np.float32]

WIDTH = 256
_MAX_ROWS = 4096
_SUFFIXES = (".npz", ".bin", ".pt")


def read_styles(path: Path) -> Mapping[str, Floats]:
    """The packs of a file, or of all files of a folder, by name.

    `.npz`: a pack for each array; so are files called `.bin` that are one inside, as kokoro-onnx
    publishes them. Other `.bin`: raw numbers of one pack, little-endian, named like the file.
    `.pt`: one pack as torch saves a tensor; its numbers are read and nothing is unpickled.

    Raises:
        ConfigError: a file is missing or holds no packs.
    """
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    files = [file for file in files if file.suffix in _SUFFIXES]
    found: dict[str, Floats] = {}
    for file in files:
        try:
            packs = _packs(file)
            found.update({name: _rows(pack) for name, pack in packs.items()})
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ConfigError(f"style pack {file}: {error}") from error
    if not found:
        raise ConfigError(f"{path} holds no style packs ({', '.join(_SUFFIXES)})")
    return found


def _packs(file: Path) -> Mapping[str, npt.NDArray[np.generic]]:
    if file.suffix == ".pt":
        return {file.stem: _tensor(file)}
    if zipfile.is_zipfile(file):
        with np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    return {file.stem: np.fromfile(file, "<f4")}


def _tensor(file: Path) -> npt.NDArray[np.float32]:
    """The only tensor of a file of `torch.save`: its storage as it lies in the archive."""
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        storages = [name for name in names if "/data/" in name]
        order = [archive.read(name) for name in names if name.endswith("/byteorder")]
        if len(storages) != 1 or order not in ([], [b"little"]):
            raise ValueError("it is no single tensor of little-endian numbers")
        return np.frombuffer(archive.read(storages[0]), "<f4")


def _rows(pack: npt.NDArray[np.generic]) -> Floats:
    rows = pack.size // WIDTH
    if pack.dtype != np.float32 or not 0 < rows <= _MAX_ROWS or pack.size % WIDTH:
        raise ValueError(f"{pack.dtype} {pack.shape} is no pack of float32 [rows, {WIDTH}]")
    result: Floats = pack.astype(np.float32, copy=False).reshape(rows, WIDTH)
    if not np.isfinite(result).all():
        raise ValueError("it holds what are no numbers")
    return result
