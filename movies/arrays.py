"""Trained numbers in a folder: one `.npz` without pickles and one `manifest.json`.

Serving reads them with numpy alone. Does not know what the numbers mean: each head has names and
a format number of its own.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movies.errors import IndexMismatch, ModelMissing


def save_arrays(folder: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `heads.npz` and `manifest.json`; the manifest last, so that a cut-off write is seen."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    np.savez(folder / "heads.npz", allow_pickle=False, **dict(arrays))
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")


def load_arrays(folder: Path, version: int, train_command: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Manifest and arrays of a folder whose manifest says `"format": version`.

    Raises ModelMissing if there are none, IndexMismatch if they are damaged or of another format; both
    say the command that makes them anew.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise ModelMissing(f"There are no trained heads in {folder.name}. Make them with: {train_command}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        with (folder / "heads.npz").open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise IndexMismatch(
            f"The trained heads are damaged ({type(error).__name__}). Make them anew with: {train_command}"
        ) from None
    if found != version:
        raise IndexMismatch(f"The trained heads have format {found}; this version reads {version}. Run: {train_command}")
    return manifest, arrays
