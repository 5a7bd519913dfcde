"""How cost grows with the number of entries, drawn as SVG, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.results import Growth

_WIDTH, _HEIGHT, _MARGIN = 400, 280, 56
_COLOURS = {"layerview": "#0b6e99", "dive": "#b3541e"}


@dataclass(frozen=True)
class _Panel:
    title: str
    value: Callable[[Growth], float]
    unit: float
    """What the values are divided by."""


_PANELS = (
    _Panel("launch to all layers, s", lambda point: point.opened, 1),
    _Panel("peak memory, MB", lambda point: point.peak, 1e6),
    _Panel("cursor, 95 of 100 presses, ms", lambda point: point.key, 1e-3),
    _Panel("filter, ms", lambda point: point.filtered, 1e-3),
)


def draw(points: Sequence[Growth]) -> str:
    """The SVG."""
    columns, rows = 2, math.ceil(len(_PANELS) / 2)
    size = f'width="{columns * _WIDTH}" height="{rows * _HEIGHT}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">']
    parts.append('<rect width="100%" height="100%" fill="white"/>')
    for index, panel in enumerate(_PANELS):
        row, column = divmod(index, columns)
        parts.append(f'<g transform="translate({column * _WIDTH},{row * _HEIGHT})">')
        parts += _panel(panel, points)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: _Panel, points: Sequence[Growth]) -> Iterator[str]:
    values = [panel.value(point) / panel.unit for point in points if math.isfinite(panel.value(point))]
    x = _scale([point.entries for point in points], _MARGIN, _WIDTH - 24)
    y = _scale(values, _HEIGHT - 40, 44)
    yield f'<text x="{_MARGIN}" y="24" font-weight="bold">{panel.title}</text>'
    for entries in _decades([point.entries for point in points]):
        yield f'<text x="{x(entries):.0f}" y="{_HEIGHT - 18}" text-anchor="middle">{entries:,.0f}</text>'
    for value in _decades(values):
        yield f'<text x="{_MARGIN - 8}" y="{y(value) + 4:.0f}" text-anchor="end">{value:,g}</text>'
        yield f'<line x1="{_MARGIN}" x2="{_WIDTH - 24}" y1="{y(value):.0f}" y2="{y(value):.0f}" stroke="#ddd"/>'
    for program, colour in _COLOURS.items():
        line = [
            (x(point.entries), y(panel.value(point) / panel.unit))
            for point in sorted(points, key=lambda point: point.entries)
            if point.program == program and math.isfinite(panel.value(point))
        ]
        if not line:
            continue
        path = " ".join(f"{left:.1f},{top:.1f}" for left, top in line)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for left, top in line:
            yield f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3" fill="{colour}"/>'
        left, top = line[-1]
        yield f'<text x="{left:.0f}" y="{top - 8:.0f}" text-anchor="end" fill="{colour}">{program}</text>'


def _scale(values: Sequence[float], low: float, high: float) -> Callable[[float], float]:
    """Where a value lies between the two ends, which stand for whole powers of ten."""
    decades = _decades(values)
    first, last = math.log10(decades[0]), math.log10(decades[-1])
    return lambda value: low + (high - low) * (math.log10(value) - first) / ((last - first) or 1)


def _decades(values: Sequence[float]) -> list[float]:
    """The powers of ten around the values."""
    if not values:
        return [1, 10]
    return [10.0**power for power in range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)]
