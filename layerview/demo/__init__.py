"""A sample image that shows what layerview is for: a small web shop, built the way that wastes most.

``write_demo`` writes it as a Docker archive, the same bytes every time, without any engine. ``recipe``
is its Dockerfile, ``building`` what an engine does with one, and the listings beside them name its files.
"""

from layerview.demo.recipe import write_demo

__all__ = ["write_demo"]
