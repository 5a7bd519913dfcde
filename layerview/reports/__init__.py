"""What is known of an image, written for people to read and for programs to parse: a file for each format.

``text`` and ``json`` report on the image as a whole; ``listing``, ``stored`` and ``history`` answer ``ls`` and ``history``,
``settings`` tells what of two configurations differs, ``shared`` what several images share.
All give lines or pieces of text, and write nothing themselves.
"""

from collections.abc import Callable

from layerview.reports import history, json, settings, text
from layerview.reports.explored import ExploredImage
from layerview.reports.listing import Listing
from layerview.reports.stored import StoredListing

FORMATS: dict[str, Callable[[ExploredImage, int], str]] = {
    "text": text.report,
    "json": lambda explored, width: json.report(explored),
}
"""The formats of ``layerview report``, by name; of the columns that a line may take JSON makes no use."""

__all__ = ["FORMATS", "ExploredImage", "Listing", "StoredListing", "history", "settings"]
