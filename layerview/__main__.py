"""The process: ``layerview``, and ``python -m layerview``."""

import sys

from layerview.process import interrupts


def run() -> int:
    """The exit status. Ctrl+C ends without a traceback also while modules are imported and while Python ends."""
    interrupts.spare_imports()
    try:
        from layerview.cli import main

        status = main()
        interrupts.ignore()
    except KeyboardInterrupt:
        status = interrupts.INTERRUPTED
        interrupts.ignore()
    return status


if __name__ == "__main__":
    sys.exit(run())
