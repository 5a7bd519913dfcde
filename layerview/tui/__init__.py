"""The screen: Textual apps that show images at hand, or an exploration, and let a reader move through it.

A folder for each thing that a reader does: ``explore`` an image, ``compare`` two, ``choose`` one of those at hand, ``pull``
one, ``pick`` one of several in one place. Each hands out one function, which runs an app and returns what came of it, so
that several can run one after the other, and has an ``app`` for it, a ``screen``, and what stands in that. ``panes`` is
what exploring and comparing have in common, ``lists`` the list that every pane is, and ``frame`` what stands around them;
``keymap`` has every key. Nothing below this folder imports Textual.
"""
