"""Run the commands as ``python -m jaxlearn``."""

import sys

from jaxlearn.cli import main

if __name__ == "__main__":
    sys.exit(main())
