"""Programs that build images: which is there, what has to be known of its options, and running it as if by itself."""

from layerview.building.builders import Builder, choose_builder
from layerview.building.options import BuildOptions

__all__ = ["BuildOptions", "Builder", "choose_builder"]
