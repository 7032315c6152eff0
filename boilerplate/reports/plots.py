"""Plots as SVG within the page, in its colours: no image file, no script, no plotting library at run time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from boilerplate.reports.markup import el

__all__ = ["Series", "confusion_table", "plot"]

_WIDTH, _HEIGHT = 400, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 42


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one thing.

    Attributes
    ----------
    name : str
        For the legend.
    points : sequence of (float, float)
    colour : str
        ``article``, ``promo``, ``feed``, ``chrome``, ``main`` or ``plain``.
    line, dots : bool
        How it is drawn.
    names : sequence of str
        Written beside each dot, if given.
    errors : sequence of (float, float)
        Low and high of each point, if given.
    """

    name: str
    points: Sequence[tuple[float, float]]
    colour: str
    line: bool = True
    dots: bool = False
    names: Sequence[str] = field(default=())
    errors: Sequence[tuple[float, float]] = field(default=())


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def __call__(self, value: float) -> float:
        a, b, v = (math.log10(x) if self.log else x for x in (self.low, self.high, max(value, self.low)))
        return round(self.first + (min(v, b) - a) / ((b - a) or 1.0) * (self.last - self.first), 1)

    def ticks(self) -> list[float]:
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            return [10.0**k for k in range(first, last + 1) if self.low <= 10.0**k <= self.high]
        step = 10.0 ** math.floor(math.log10((self.high - self.low) or 1.0))
        for finer in (1.0, 0.5, 0.2, 0.1):
            if (self.high - self.low) / (step * finer) >= 4:
                step *= finer
                break
        start = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(start, int(self.high / step + 1e-9) + 1)]


def plot(
    series: Sequence[Series],
    *,
    x: str,
    y: str,
    caption: str,
    x_range: tuple[float, float] = (0.0, 1.0),
    y_range: tuple[float, float] = (0.0, 1.0),
    diagonal: bool = False,
    log: bool = False,
) -> etree._Element:
    """A plot of one or more series with axes, legend and caption.

    Parameters
    ----------
    series : sequence of Series
    x, y : str
        What the axes show.
    caption : str
    x_range, y_range : tuple of float
        Ends of the axes; points beyond are drawn at the edge.
    diagonal : bool
        Whether to draw where both are equal.
    log : bool
        Whether `x` grows by factors; its range is above zero then.
    """
    across = _Scale(*x_range, _LEFT, _WIDTH - _RIGHT, log)
    up = _Scale(*y_range, _HEIGHT - _BOTTOM, _TOP)
    parts = [*_axes(across, up, x, y)]
    if diagonal:
        low, high = max(x_range[0], y_range[0]), min(x_range[1], y_range[1])
        parts.append(el("line", class_="dashed", x1=across(low), y1=up(low), x2=across(high), y2=up(high)))
    for one in series:
        parts.extend(_draw(one, across, up))
    named = [s for s in series if s.name]
    svg = el(
        "svg", parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", width=_WIDTH, height=_HEIGHT, role="img", aria_label=caption
    )
    return el("figure", svg, _legend(named) if len(named) > 1 else None, el("figcaption", caption))


def _axes(across: _Scale, up: _Scale, x: str, y: str) -> Iterable[etree._Element]:
    left, bottom = across.first, up.first
    for value in across.ticks():
        at = across(value)
        yield el("line", class_="grid", x1=at, y1=bottom, x2=at, y2=up.last)
        yield el("text", f"{value:g}", x=at, y=bottom + 14, text_anchor="middle")
    for value in up.ticks():
        at = up(value)
        yield el("line", class_="grid", x1=left, y1=at, x2=across.last, y2=at)
        yield el("text", f"{value:.3g}", x=left - 6, y=at + 4, text_anchor="end")
    yield el("line", class_="axis", x1=left, y1=bottom, x2=across.last, y2=bottom)
    yield el("line", class_="axis", x1=left, y1=bottom, x2=left, y2=up.last)
    yield el("text", x, x=(left + across.last) / 2, y=_HEIGHT - 8, text_anchor="middle")
    middle = (up.first + up.last) / 2
    yield el("text", y, x=12, y=middle, text_anchor="middle", transform=f"rotate(-90 12 {middle})")


def _draw(series: Series, across: _Scale, up: _Scale) -> Iterable[etree._Element]:
    places = [(across(a), up(b)) for a, b in series.points]
    if series.line and len(places) > 1:
        yield el("polyline", class_=f"line c-{series.colour}", points=" ".join(f"{a},{b}" for a, b in places))
    for (a, _), (low, high) in zip(places, series.errors, strict=False):
        yield el("line", class_=f"c-{series.colour}", x1=a, y1=up(low), x2=a, y2=up(high))
    if series.dots:
        for (a, b), (given_x, given_y) in zip(places, series.points, strict=True):
            told = el("title", f"{series.name} {given_x:.4g}, {given_y:.4g}")
            yield el("circle", told, class_=f"c-{series.colour}", cx=a, cy=b, r=3.5)
    for (a, b), name in zip(places, series.names, strict=False):
        late = a > (_LEFT + _WIDTH) / 2
        yield el("text", name, x=a - 6 if late else a + 6, y=b - 5, text_anchor="end" if late else "start")


def _legend(series: Sequence[Series]) -> etree._Element:
    def key(one: Series) -> etree._Element:
        swatch = el("svg", el("rect", class_=f"c-{one.colour}", width=10, height=10), width=10, height=10)
        return el("span", swatch, f" {one.name}", style="margin-right: 1rem; font-size: .85rem")

    return el("div", [key(one) for one in series])


def confusion_table(names: Sequence[str], counts: Sequence[Sequence[int]]) -> etree._Element:
    """A confusion matrix, gold in rows, each cell shaded by its share of the row."""
    rows = []
    for name, row in zip(names, counts, strict=True):
        total = max(sum(row), 1)
        cells = [
            el(
                "td",
                f"{n:,} ({n / total:.0%})",
                style=f"background: color-mix(in srgb, var(--{name}) {round(60 * n / total)}%, transparent)",
            )
            for n in row
        ]
        rows.append(el("tr", el("th", name), cells))
    head = el("tr", el("th", "gold \\ predicted"), [el("th", name) for name in names])
    return el("div", el("table", el("thead", head), el("tbody", rows)), class_="scroll")
