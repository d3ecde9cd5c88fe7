"""A small SVG writer: points with their spread over categories, with or without lines. Colors and text are legible on light and dark
pages."""

import math
from xml.sax.saxutils import escape

COLORS = ("#2f7ed8", "#e07b1a", "#2ca25f", "#c44e9c", "#8a6fd1", "#b59a1c", "#d0433f", "#4aa8b5")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 400, 74, 44, 190, 62
STYLE = ("text{font:12px sans-serif;fill:#333}.t{font-size:15px;font-weight:bold}.a{stroke:#555}.g{stroke:#8884}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}.a{stroke:#bbb}}")


def ticks(low, high, log):
    """Round numbers that cover a range."""
    if log:
        return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    rough = (high - low) / 5 or 1
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first = math.floor(low / step)
    return [index * step for index in range(first, math.ceil(high / step - 1e-9) + 1)]


def plot(title, x_title, y_title, categories, series, lines=False, log=False):
    """An SVG. ``series`` is ``{name: [spread or None for each category]}`` with spreads of ``mean``, ``min`` and ``max``."""
    found = [spread for points in series.values() for spread in points if spread]
    marks = ticks(min(spread["min"] for spread in found), max(spread["max"] for spread in found), log)
    scale = math.log10 if log else float
    low, high = scale(marks[0]), scale(marks[-1])
    across, down = (WIDTH - LEFT - RIGHT) / len(categories), HEIGHT - TOP - BOTTOM

    def y_of(value):
        return TOP + down * (1 - (scale(value) - low) / (high - low))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>'
           f'<style>{STYLE}</style>',
           f'<text class="t" x="{LEFT}" y="24">{escape(title)}</text>']
    for mark in marks:
        out.append(f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(mark):.1f}" y2="{y_of(mark):.1f}"/>'
                   f'<text x="{LEFT - 6}" y="{y_of(mark) + 4:.1f}" text-anchor="end">{mark:,.6g}</text>')
    for index, name in enumerate(categories):
        out.append(
            f'<text x="{LEFT + across * (index + .5):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(str(name))}</text>')
    out.append(f'<path class="a" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
               f'<text x="{LEFT + across * len(categories) / 2:.1f}" y="{HEIGHT - 16}" text-anchor="middle">{escape(x_title)}</text>'
               f'<text transform="translate(16 {TOP + down / 2:.1f}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text>')
    for index, (name, points) in enumerate(series.items()):
        color = COLORS[index % len(COLORS)]
        shift = across * 0.7 * ((index + .5) / len(series) - .5)
        places = [(LEFT + across * (place + .5) + shift, spread) for place, spread in enumerate(points) if spread]
        if lines:
            path = " ".join(f"{x:.1f},{y_of(spread['mean']):.1f}" for x, spread in places)
            out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-opacity=".6"/>')
        for x, spread in places:
            out.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y_of(spread["min"]):.1f}" y2="{y_of(spread["max"]):.1f}"'
                 f' stroke="{color}" stroke-width="2"/>'
                       f'<circle cx="{x:.1f}" cy="{y_of(spread["mean"]):.1f}" r="4" fill="{color}"/>')
        y = TOP + 10 + 20 * index
        out.append(
            f'<circle cx="{WIDTH - RIGHT + 18}" cy="{y - 4}" r="4" fill="{color}"/>'
            f'<text x="{WIDTH - RIGHT + 28}" y="{y}">{escape(name)}</text>')
    return "\n".join(out) + "\n</svg>\n"
