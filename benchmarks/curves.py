"""Curves as an SVG that reads well in a page: numbers by ratios, the numbers on a logarithm."""

import math
from typing import NamedTuple

from jinja2 import Environment

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 360, 50, 40, 50, 40
COLORS = ("#1b6ca8", "#c0392b", "#27864f", "#8e44ad")
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" \
font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="{{ left }}" y="20" font-size="14">{{ title }}</text>
{% for y, label in levels -%}
<line x1="{{ left }}" y1="{{ y }}" x2="{{ right }}" y2="{{ y }}" stroke="#ddd"/>
<text x="{{ left - 8 }}" y="{{ y + 4 }}" text-anchor="end">{{ label }}</text>
{% endfor -%}
{% for x, label in steps -%}
<text x="{{ x }}" y="{{ bottom + 18 }}" text-anchor="middle">{{ label }}</text>
{% endfor -%}
{% for curve in curves -%}
<polyline fill="none" stroke="{{ curve.color }}" stroke-width="2" points="{{ curve.points }}"/>
<text x="{{ curve.x }}" y="{{ curve.y - 8 }}" text-anchor="end" fill="{{ curve.color }}">
{{- curve.name }}</text>
{% endfor -%}
</svg>
"""


class Curve(NamedTuple):
    """A name, and its points: (number, ratio)."""

    name: str
    points: list[tuple[int, float]]


def picture(title: str, curves: list[Curve]) -> str:
    """The curves in one SVG."""
    numbers = [number for curve in curves for number, _ in curve.points]
    ratios = [ratio for curve in curves for _, ratio in curve.points]
    decades = math.ceil(math.log10(max(numbers)))
    top = math.ceil(max(ratios))

    def x(number: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * math.log10(number) / decades, 1)

    def y(ratio: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * ratio / top, 1)

    drawn = []
    for color, curve in zip(COLORS, curves, strict=False):
        places = [(x(number), y(ratio)) for number, ratio in curve.points]
        points = " ".join(f"{across},{down}" for across, down in places)
        across, down = places[-1]
        drawn.append({"name": curve.name, "color": color, "points": points, "x": across, "y": down})
    return (
        Environment(autoescape=True)
        .from_string(SVG)
        .render(
            title=title,
            width=WIDTH,
            height=HEIGHT,
            left=LEFT,
            right=WIDTH - RIGHT,
            bottom=HEIGHT - BOTTOM,
            levels=[(y(level), f"{level} x") for level in range(top + 1)],
            steps=[(x(10**decade), f"{10**decade:,}") for decade in range(decades + 1)],
            curves=drawn,
        )
    )
