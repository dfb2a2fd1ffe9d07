"""Plots of a simulated year as SVG that scales with its column. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 460, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 38
# Tops of axes whose quarters are easy to read, in each power of ten.
_EASY = (1, 2, 4, 6, 8, 10)

Points = Sequence[tuple[float, float]]


def lines(title: str, rows: Sequence[tuple[str, str, Points]], across: Sequence[tuple[float, str]], *,
          percent: bool = False) -> str:
    """(name, colour, points) each as a line; ``across`` are marks of the horizontal axis (place, text)."""
    xs = [x for _, _, points in rows for x, _ in points] or [0.0]
    top = max([y for _, _, points in rows for _, y in points], default=0.0)
    top = 1.0 if percent else _round(top)
    low = min(xs)
    high = max(low + 1, *xs)
    drawn = [f'<polyline fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round" points="'
             + " ".join(f"{_x(x, low, high):.1f},{_y(y, top):.1f}" for x, y in points) + '"/>'
             for _, colour, points in rows]
    marks = [_below(_x(place, low, high), text) for place, text in across]
    return _figure(title, [*_grid(top, percent), *marks, *drawn], [(name, colour) for name, colour, _ in rows])


def stacks(title: str, columns: Sequence[tuple[str, Mapping[str, float]]],
           kinds: Sequence[tuple[str, str, str]]) -> str:
    """Columns (text, kind -> height) stacked by ``kinds`` (key, name, colour)."""
    top = max([sum(heights.values()) for _, heights in columns], default=0.0) or 1.0
    top = _round(top)
    wide = (WIDTH - _LEFT - _RIGHT) / max(1, len(columns))
    out = _grid(top, percent=False)
    for n, (text, heights) in enumerate(columns):
        x, base = _LEFT + n * wide, 0.0
        for key, name, colour in kinds:
            height = heights.get(key, 0.0)
            if height:
                out.append(f'<rect x="{x + wide * 0.12:.1f}" y="{_y(base + height, top):.1f}" '
                           f'width="{wide * 0.76:.1f}" height="{_y(base, top) - _y(base + height, top):.1f}" '
                           f'fill="{colour}">'
                           f"<title>{escape(text)} {escape(name)} {height:g}</title></rect>")
                base += height
        out.append(_below(x + wide / 2, text))
    return _figure(title, out, [(name, colour) for _, name, colour in kinds])


def bars(title: str, rows: Sequence[tuple[str, float, float]], names: tuple[str, str], colours: tuple[str, str]) -> str:
    """For each row (text, asked, reached) two bars of shares side by side."""
    wide = (WIDTH - _LEFT - _RIGHT) / max(1, len(rows))
    out = _grid(1.0, percent=True)
    for n, (text, *values) in enumerate(rows):
        x = _LEFT + n * wide
        for k, value in enumerate(values):
            out.append(f'<rect x="{x + wide * (0.14 + 0.37 * k):.1f}" y="{_y(value, 1):.1f}" width="{wide * 0.34:.1f}" '
                       f'height="{_y(0, 1) - _y(value, 1):.1f}" fill="{colours[k]}"><title>{escape(text)} {names[k]} '
                       f"{value:.1%}</title></rect>")
        out.append(_below(x + wide / 2, text))
    return _figure(title, out, list(zip(names, colours, strict=True)))


def _round(top: float) -> float:
    """An axis for whole numbers: at least 4."""
    power: int = 10 ** math.floor(math.log10(max(top, 4)))
    return max(4.0, float(next(easy * power for easy in _EASY if easy * power >= top)))


def _below(x: float, text: str) -> str:
    """A mark under the axis; a second line where the text has one."""
    return "".join(f'<text x="{x:.1f}" y="{HEIGHT - _BOTTOM + 15 + 14 * n}" text-anchor="middle">{escape(line)}</text>'
                   for n, line in enumerate(text.splitlines()))


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM)


def _grid(top: float, percent: bool) -> list[str]:
    out = []
    for part in (0, 0.25, 0.5, 0.75, 1):
        y = _y(part * top, top)
        value = f"{part:.0%}" if percent else f"{part * top:,.0f}" if top >= 8 else f"{part * top:.1f}"
        out.append(f'<path d="M{_LEFT},{y:.1f}H{WIDTH - _RIGHT}" stroke="var(--rule)"/>'
                   f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    return out


def _figure(title: str, parts: Sequence[str], names: Sequence[tuple[str, str]]) -> str:
    legend = "".join(f'<li><i style="background:{colour}"></i>{escape(name)}</li>' for name, colour in names)
    return (f'<figure><figcaption>{escape(title)}</figcaption><svg role="img" aria-label="{escape(title)}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg><ul class="legend">{legend}</ul></figure>')
