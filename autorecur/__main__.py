"""`python -m autorecur` is `autorecur`."""

import sys

from autorecur.cli import main

# The guard matters: a spawned worker imports this file again.
if __name__ == "__main__":
    sys.exit(main())
