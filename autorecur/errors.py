"""The error tree: an error is only what the *user* must repair.

::

    AutorecurError
    ├── DataError        (ValueError)   the table: missing columns, bad values, too few rows
    │   └── MissingFile  (FileNotFoundError)   a file or run folder that is not there
    ├── SettingError     (ValueError)   an argument: budget, horizon, margin, space …
    ├── BudgetError      (ValueError)   a budget that cannot hold what was asked
    └── RunError         (ValueError)   a run folder that cannot be read, resumed or used

Every message says what was wrong, the value got, and what to do, in one line. Whatever happens to a
single training (divergence, a killed worker) is a value, `search.trial.Status`, and never an error.
"""

__all__ = ["AutorecurError", "BudgetError", "DataError", "MissingFile", "RunError", "SettingError"]


class AutorecurError(Exception):
    """Base of all that autorecur raises on purpose; the CLI prints it in one line, exit code 2."""


class DataError(AutorecurError, ValueError):
    """The table cannot be used as asked."""


class MissingFile(DataError, FileNotFoundError):
    """A file or a folder is not there."""


class SettingError(AutorecurError, ValueError):
    """An argument has a value that it cannot have."""


class BudgetError(AutorecurError, ValueError):
    """The budget is shorter than what was asked can be."""


class RunError(AutorecurError, ValueError):
    """A run folder cannot be read, resumed or used."""
