"""Where the bundled tables lie: in data/ of a checkout, inside the package once it is installed."""

from __future__ import annotations

from pathlib import Path

from autorecur.errors import MissingFile

__all__ = ["bundled"]

_PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """The path of the bundled table called `name`.

    >>> bundled("co2_weekly").name
    'co2_weekly.csv'
    """
    for folder in (_PACKAGE / "_tables", _PACKAGE.parent / "data"):
        path = folder / f"{name}.csv"
        if path.is_file():
            return path
    raise MissingFile(f"no bundled table {name!r}: reinstall autorecur or use your own")
