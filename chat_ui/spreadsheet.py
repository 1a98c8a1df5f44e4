"""Rows as CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_COMPUTED = frozenset("=+-@|%\t\r\n")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One text; a cell that begins like a formula gets an apostrophe in front."""
    store = io.StringIO()
    writer = csv.writer(store)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return store.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ")[:1] in _COMPUTED else cell
