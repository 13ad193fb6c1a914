"""What all pictures of a judgement have in common: their size, their colours, and how one becomes SVG."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 4.8, 3.7, 72
"""Inches, and points in one: a page shows a picture at up to its whole width, a phone at three quarters of it."""
RIGHT, BOTTOM = 0.16, 0.52
"""Inches from the edges of a picture to its axes."""
SMALL = 8.5
MUTED, INK, ALARM = "#5c6370", "#1f2430", "#b3261e"
COLOURS = {"challenger": "#1b5e9e", "champion": "#d5700d", "baseline": "#6b7280"}
DASHED: Mapping[str, Any] = {"color": MUTED, "linewidth": 1, "linestyle": (0, (4, 3))}
_LINES: Mapping[str, Mapping[str, Any]] = {
    "challenger": {"linewidth": 1.7},
    "champion": {"linewidth": 3.4, "alpha": 0.75},
    "baseline": {"linewidth": 1.4, "linestyle": ":"},
}
"""The champion is drawn first, and broader, so that it is seen where both are the same."""
_STYLE = {
    "font.size": 9,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that no machine measures text otherwise
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa1ad",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8eaee",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "legend.borderpad": 0,
    "legend.borderaxespad": 0,
    "legend.columnspacing": 1.2,
    "legend.handlelength": 1.6,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a value of the data is a $
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "svg.fonttype": "none",
}
_TITLE: Mapping[str, Any] = {"fontsize": 10, "fontweight": "bold"}
_TITLE_LINE, _ROW, _EDGE = 0.18, 0.2, 0.1
"""Inches: between lines of a title, for a legend or a line of text, and to the edge."""
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

Draw = Callable[["Figure"], str]
"""Draws on an empty figure and returns what is to be seen on it, in a sentence: its title."""


@dataclass(frozen=True)
class Words:
    """What stands around a picture."""

    title: str
    """The finding, as a sentence."""
    x: str = ""
    y: str = ""
    left: float = 0.52
    """Inches beside the axes, for the numbers or names there."""


def line(name: str) -> dict[str, Any]:
    """Return how the line of the challenger, the champion or the baseline looks."""
    return {"color": COLOURS[name], "label": name, **_LINES[name]}


def describe(axes: "Axes", words: Words) -> str:
    """Write ``words`` and a legend around ``axes``, make room for them, and return the title."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    width, height = figure.get_size_inches()
    top = _write_title(figure, words.title)
    top = _write_legend(figure, axes, top)
    top = _write_y(figure, words.y, top)
    figure.text(0.5, _EDGE / height, words.x, fontsize=SMALL, color=MUTED, ha="center")
    left, bottom, right, upper = words.left / width, BOTTOM / height, 1 - RIGHT / width, 1 - (top + _EDGE) / height
    axes.set_position((left, bottom, right - left, upper - bottom))
    return words.title


def shorten(text: str, most: int = 34) -> str:
    """Return ``text`` on one line, without what cannot be printed, and not longer than ``most``."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def name_rows(axes: "Axes", names: Sequence[str], *, first: float = 0) -> float:
    """Write ``names`` beside the rows of ``axes``, from ``first`` on, and return how many inches they take."""
    shown = [shorten(name, 24) for name in names]
    axes.set_yticks([first + row for row in range(len(shown))], shown)
    return (
        _EDGE
        + 0.1
        + max((_width(name, {"fontsize": SMALL, "fontweight": "normal"}) for name in shown), default=0) / DPI
    )


def time_axis(axes: "Axes") -> None:
    """Write dates below ``axes``; what is the same of all, such as the year, is left to the page: here is no room."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=7)
    days = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S"]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, formats=days, show_offset=False))


def to_svg(draw: Draw, name: str, height: float = HEIGHT) -> str:
    """Return what ``draw`` draws as the text of an SVG image: the same drawing gives the same text."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Figure without pyplot: no window system is looked for, and no figure outlives its picture.
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a browser has the letters that this font lacks
        figure = Figure(figsize=(WIDTH, height), dpi=DPI)
        title, text = draw(figure), StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", metadata=nothing, transparent=True)
    return _slim(text.getvalue(), title)


def _write_title(figure: "Figure", title: str) -> float:
    """Write ``title`` at the top, over as many lines as it needs, and return how many inches are taken."""
    width, height = figure.get_size_inches()
    rows = _rows(title, (width - 2 * _EDGE) * DPI)
    for number, row in enumerate(rows):
        y = (height - 0.08 - number * _TITLE_LINE) / height
        figure.text(_EDGE / width, y, row, va="top", **_TITLE)
    return 0.16 + len(rows) * _TITLE_LINE


def _write_legend(figure: "Figure", axes: "Axes", top: float) -> float:
    """Write what the lines of ``axes`` are in one row, the last drawn first, and return how many inches are taken."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return top
    width, height = figure.get_size_inches()
    place = (_EDGE / width, (height - top) / height)
    figure.legend(handles[::-1], labels[::-1], ncols=len(handles), loc="upper left", bbox_to_anchor=place)
    return top + _ROW


def _write_y(figure: "Figure", words: str, top: float) -> float:
    """Write what the y axis shows above it, where it can be read without turning the head."""
    if not words:
        return top
    width, height = figure.get_size_inches()
    y = (height - top - 0.02) / height
    figure.text(_EDGE / width, y, words, fontsize=SMALL, color=MUTED, va="top")
    return top + _ROW


def _rows(title: str, points: float) -> list[str]:
    """Return ``title`` in lines of at most that many points: letters differ too much to be counted."""
    rows = [""]
    for word in title.split():
        longer = f"{rows[-1]} {word}".strip()
        rows = [*rows, word] if rows[-1] and _width(longer, _TITLE) > points else [*rows[:-1], longer]
    return rows


def _width(text: str, how: Mapping[str, Any]) -> float:
    """Return the points that ``text`` takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(weight=how["fontweight"], size=how["fontsize"])
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def _slim(svg: str, title: str) -> str:
    """Return ``svg`` with a description for who cannot see it, and without what an HTML page must not have twice."""
    body = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)
    body = re.sub(r"<style.*?</style>", "", body, count=1, flags=re.DOTALL)  # it would hold for the whole page
    body = body.replace('version="1.1"', f'version="1.1" style="font-family: {_FONTS}; stroke-linejoin: round"', 1)
    body = re.sub(r" font-family: [^;\"]*;?", "", body)
    body = re.sub(r'<g id="[^"]*"', "<g", body)  # nothing refers to a group
    body = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", body)
    return re.sub(r"\s*\n\s*", "\n", body)
