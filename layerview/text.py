"""Text for people and from them: names made harmless, sizes made readable or drawn as bars, patterns understood."""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from functools import lru_cache

import humanize

from layerview.errors import UsageError

UNLIMITED = sys.maxsize
"""More columns than any line takes."""

_EIGHTHS = " ▏▎▍▌▋▊▉"
_ESCAPE = re.compile(r"\\.", re.DOTALL)
"""Of an expression; the capital in ``\\S`` is no letter that is looked for."""

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What Python takes for printable and no terminal shows: fillers, and what chooses between forms of a character."""


def escape(text: bytes | str) -> str:
    r"""What comes from an image, as one line that can do nothing to a terminal nor mislead a reader.

    The bytes of everything unprintable are written as ``\xNN``. A backslash stays as it is, so this is for
    reading and cannot be undone.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    # Python takes for unprintable what is control character, separator other than the space, bidirectional or other
    # invisible mark, surrogate (a byte that is not UTF-8), private, or not assigned, so that its width is not known.
    return text if text.isprintable() and not _INVISIBLE.search(text) else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    if "\udc80" <= character <= "\udcff":  # a byte as ``surrogateescape`` keeps it
        return f"\\x{ord(character) - 0xDC00:02x}"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


@lru_cache(1 << 12)  # a row of a listing has one two or three times, and rows next to each other are alike
@lru_cache(maxsize=4096)
def size(bytes_: int) -> str:
    """A size in decimal units, to two or three figures: "220 kB", "1.3 GB"."""
    if bytes_ < 1000:
        return f"{bytes_} B"
    rounded = humanize.naturalsize(bytes_)
    if len(rounded.split(".")[0]) == 1:
        return rounded
    whole = humanize.naturalsize(bytes_, format="%.0f")
    is_next = len(whole.split(" ")[0]) not in (2, 3)  # "1000 kB", or "1 MB", as the version of humanize has it
    return humanize.naturalsize(10 ** len(str(bytes_))) if is_next else whole


def bytes_in(text: str) -> int | None:
    """Bytes as people write them: 500MB, 2T, 1.5GB, 1GiB; None where they are not."""
    found = re.fullmatch(r"(\d{1,15})(?:\.(\d{1,15}))?\s*(?:([kMGTP]?)(i?)B?)?", text, re.ASCII | re.IGNORECASE)
    if found is None:
        return None
    factor: int = (1024 if found[4] else 1000) ** " kmgtp".index((found[3] or " ").lower())
    decimals = found[2] or ""
    bytes_: int = int(found[1] + decimals) * factor // 10 ** len(decimals)
    return bytes_


def duration(seconds: float) -> str:
    """A time to be waited: "12 s", "3 min"."""
    return f"{seconds:.0f} s" if seconds < 99.5 else f"{seconds / 60:.0f} min"


def percent(fraction: float) -> str:
    """A share in percent; never "0.0 %" or "100.0 %" of what is only nearly so."""
    tenths = round(fraction * 1000)
    if 0 < fraction < 1:
        tenths = min(max(tenths, 1), 999)
    return f"{tenths / 10:.1f} %"


def columns(text: str) -> int:
    """How many columns of a terminal a line takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """A line, its end cut off where it takes more than ``width`` columns."""
    if columns(text) <= width:
        return text
    if text.isascii():
        return f"{text[: width - 1]}…" if width > 0 else ""
    room = width - 1
    for end, character in enumerate(text):
        room -= _columns(character)
        if room < 0:
            return f"{text[:end]}…" if width > 0 else ""
    return text


def fit_path(path: str, width: int) -> str:
    """A path, its beginning cut off where it takes more than ``width`` columns."""
    return fit(path[::-1], width)[::-1]


def fit_middle(path: str, width: int, alike: int = 0, tells: int = 0) -> str:
    """A path, cut where it says least if it takes more than ``width`` columns: beginning and end stay.

    Those around it are ``alike`` in so many characters, and ``tells`` is the last one by which it differs from any. What is
    between these stays, too, as far as there is room, so that no two look the same.
    """
    if columns(path) <= width or width < 3:
        return fit(path, width)
    end = fit_path(path, width - width // 3)
    begin = fit(path, width - columns(end) + 1)[:-1]
    if len(begin) > tells:
        return begin + end
    begin, end = fit(path, max(width // 4, 2)), fit_path(path, width // 4)  # each with the sign of what is left out
    room = width - columns(begin) - columns(end)
    first = max(alike, tells - room + 1, len(begin) - 1)
    return begin + fit(path[first:], room + 1)[:-1] + end


def alike_in(one: str, other: str) -> int:
    """How many characters two lines have in common from their beginning on."""
    return next(
        (at for at, (mine, its) in enumerate(zip(one, other, strict=False)) if mine != its), min(len(one), len(other))
    )


class Expression:
    """The regular expression that someone types to filter by, to be searched for in lines of UTF-8.

    Case counts where a capital is typed. Where none is, the lines are searched in small letters, those of ASCII: that
    takes a tenth of the time of a search that ignores case.
    """

    def __init__(self, typed: str) -> None:
        """Raises UsageError where it is malformed."""
        self.ignores_case = not any(map(str.isupper, _ESCAPE.sub("", typed)))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python may give some patterns another meaning some day
                self.pattern = re.compile(typed.encode(errors="surrogateescape"), re.MULTILINE)
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(
                f"not a regular expression: {error}", "Escape . * + ? ( ) [ ] with a backslash."
            ) from error

    def searched(self, text: bytes) -> bytes:
        """A text of as many bytes, as ``pattern`` is to be searched for in it."""
        return text.lower() if self.ignores_case else text

    def search(self, line: bytes) -> re.Match[bytes] | None:
        return self.pattern.search(self.searched(line))

    def spans(self, text: bytes) -> list[tuple[int, int]]:
        """Where something is found in a text that is ``searched``: from which byte to before which."""
        return [found.span() for found in self.pattern.finditer(text)]


def bar(part: float, whole: float, width: int) -> str:
    """``part`` of ``whole`` as a bar in exactly ``width`` columns, drawn to an eighth of one."""
    if part <= 0 or whole <= 0 or width <= 0:
        return " " * max(width, 0)
    eighths = min(round(part / whole * width * 8), width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)
