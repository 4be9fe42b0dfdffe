"""autorecur: which recurrent network should I use for my data, and is it worth it?

The public names arrive when they are first asked for (PEP 562): `import autorecur` costs
milliseconds, and TensorFlow, Keras and JAX stay unloaded until something is trained or predicted.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from autorecur.errors import AutorecurError

if TYPE_CHECKING:
    from autorecur.pipeline import fit
    from autorecur.run import Run, load

__all__ = ["AutorecurError", "Run", "__version__", "fit", "load"]

__version__ = "0.1.0"

_HOME = {"Run": "autorecur.run", "fit": "autorecur.pipeline", "load": "autorecur.run"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value  # the next access does not come here
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | set(__all__))
