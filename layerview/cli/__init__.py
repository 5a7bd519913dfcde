"""The command line: a file for each command, and what they share.

``dispatch`` reads the arguments and calls one function. Nothing here imports Textual or an engine's client before it is
needed, so ``--help`` and ``--version`` are there at once.
"""

from layerview.cli.dispatch import main

__all__ = ["main"]
