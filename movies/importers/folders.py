"""Walking the folders of a source: never out of them, never in circles, and saying what couldn't be read.

Does not know what the files mean.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from movies.errors import BadCatalogue, BadInput
from movies.importers.report import Skip

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"))
_CLUTTER = {"thumbs.db", "desktop.ini"}


class Folder(NamedTuple):
    """One folder of a walk. Names are sorted; what is taken out of `folders` isn't entered."""

    path: Path
    folders: list[str]
    files: list[str]


def walk(root: Path) -> Iterator[Folder | Skip]:
    """`root` and all folders below it, without hidden files; linked and unreadable ones come as Skip.

    Raises BadCatalogue if `root` itself can't be listed.
    """
    try:
        next(root.iterdir(), None)
    except FileNotFoundError:
        raise BadCatalogue(f"There is no folder {root}. Check the name.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadCatalogue(f"{root} can't be read as a folder ({reason}). Check the name and its permissions.") from None
    unreadable: list[OSError] = []
    for place, names, files in os.walk(root, onerror=unreadable.append):
        path = Path(place)
        linked = sorted(name for name in names if (path / name).is_symlink())
        for name in linked:
            yield Skip(label(path / name, root), "a link to a folder isn't followed; import the folder itself")
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in linked)
        yield Folder(path, names, sorted(name for name in files if not name.startswith(".") and name.lower() not in _CLUTTER))
        while unreadable:
            yield _unreadable(unreadable.pop(), root)
    while unreadable:
        yield _unreadable(unreadable.pop(), root)


def label(path: Path, root: Path) -> str:
    """`path` as reports name it: relative to the source, printable whatever bytes its name holds."""
    shown = path.relative_to(root).as_posix() if path != root else root.name
    return shown.encode("utf-8", "backslashreplace").decode()


def inside(root: Path, path: Path) -> Path:
    """The absolute path of an existing regular file below `root`; raises BadInput if it isn't one.

    A source could otherwise have any file of its reader imported, through a symbolic link.
    """
    try:
        real = path.resolve()
        there = real.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, NUL, lone surrogates, a loop of links
        raise BadInput("the path can't be used") from None
    if not real.is_relative_to(root.resolve()):
        raise BadInput("it leads out of the source's folder")
    if not there:
        raise BadInput("the file is missing")
    return real


def named_picture(folder: Path, name: str) -> Path:
    """The absolute path of the picture `name` given relative to `folder`; raises BadInput with the reason why not."""
    relative = name.strip().replace("\\", "/")
    if "://" in relative:
        raise BadInput("a poster must be a file beside the catalogue, not a web address")
    if relative.startswith("/") or relative[1:2] == ":":
        raise BadInput("a poster's path must be relative to the file it stands in")
    try:
        return inside(folder, folder / relative)
    except BadInput as error:
        raise BadInput(f"no poster: {error.message}") from None


def _unreadable(error: OSError, root: Path) -> Skip:
    return Skip(label(Path(os.fsdecode(error.filename)), root), f"the folder can't be read ({error.strerror})")
