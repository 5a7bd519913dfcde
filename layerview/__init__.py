"""Show what is inside container images: layers, merged files, changes and wasted bytes."""

__version__ = "0.1.0"
