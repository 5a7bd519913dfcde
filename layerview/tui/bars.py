"""Bars of block characters, drawn to an eighth of a cell."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(part: float, whole: float, width: int) -> str:
    """``part`` of ``whole`` as a bar in exactly ``width`` cells."""
    if part <= 0 or whole <= 0 or width <= 0:
        return " " * max(width, 0)
    eighths = min(round(part / whole * width * 8), width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)
