"""The same questions put to layerview and to dive: ``make answers``.

``cases`` has small images, a question about each, what is right, and the test that holds layerview to it; ``layerview``
and ``dive`` ask the programs. The table goes into docs/correctness.md.
"""
