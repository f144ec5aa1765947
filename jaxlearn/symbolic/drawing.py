"""Expressions as pictures: `pydotprint`.

A picture is written for Graphviz, which draws it where it is installed; else it is laid out here,
in levels from the inputs to the outputs, and drawn with matplotlib.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from jaxlearn.symbolic.graph import Apply, Constant, Variable, toposort
from jaxlearn.symbolic.printing import _outputs_and_order

__all__ = ["pydotprint"]

_COLOURS = {
    "input": "#b5e6a2",
    "constant": "#e6e6e6",
    "shared": "#a6e3ef",
    "output": "#9cc3f5",
    "update": "#f7c8a0",
    "variable": "#ffffff",
    "op": "#ffffff",
}
"""Of a box, by what it stands for."""

_OP_COLOURS = {
    "Vjp": "#e4d3f5",
    "Scan": "#fff3a6",
    "for{": "#fff3a6",
    "IfElse": "#f5b8e8",
    "if{": "#f5b8e8",
    "Elemwise": "#ffd5dc",
    "Subtensor": "#f6d6f6",
    "Alloc": "#ffe0b0",
    "Shape": "#d9c3b0",
    "DimShuffle": "#f0f0d8",
    "Reshape": "#f0f0d8",
    "dot": "#ffe9a8",
    "Dot": "#ffe9a8",
}
"""Of an operation, by what its name contains."""

_LINES = "#404040"

_MOST_DRAWN = 3000
"""The most boxes and bends of a picture that is laid out here."""


class _Box(NamedTuple):
    """A node of a picture: a variable, or an operation."""

    label: str
    colour: str
    is_op: bool

    @property
    def frame(self) -> str:
        """The colour of an empty box's frame."""
        return _LINES if self.colour == _COLOURS["variable"] else self.colour


class _Arrow(NamedTuple):
    """An edge of a picture, between boxes by their numbers."""

    source: int
    target: int
    label: str = ""


class _Picture:
    """The boxes and arrows that show the graph of some expressions.

    Args:
        outputs: the expressions.
        updates: for expressions that are updates, the variables that they update.
        compact: leave out variables without a name that are neither inputs nor outputs.
        with_ids: number the boxes in their labels.
        colours: of operations, by what their names contain.
        longest: the most characters of a label.
        name_only: leave out the type where a variable has a name.
    """

    def __init__(
        self,
        outputs: Sequence[Variable],
        updates: Mapping[Variable, Variable],
        compact: bool,
        with_ids: bool,
        colours: Mapping[str, str],
        longest: int,
        name_only: bool,
    ) -> None:
        self.boxes: list[_Box] = []
        self.arrows: list[_Arrow] = []
        self._updates = updates
        self._with_ids = with_ids
        self._colours = colours
        self._longest = longest
        self._name_only = name_only
        self._numbers: dict[Variable | Apply, int] = {}
        for node in toposort(outputs):
            self._add_node(node, set(outputs), compact)
        for output in outputs:
            self._number(output, "output")

    def _add_node(self, node: Apply, outputs: Collection[Variable], compact: bool) -> None:
        colour = next((c for part, c in self._colours.items() if part in str(node.op)), None)
        number = self._add(_short(str(node.op)), colour or _COLOURS["op"], is_op=True)
        self._numbers[node] = number
        for i, variable in enumerate(node.inputs):
            which = str(i) if len(node.inputs) > 1 else ""
            self.arrows.append(_Arrow(self._source(variable), number, which))
        for variable in node.outputs:
            if variable in outputs:
                kind = "update" if variable in self._updates else "output"
            elif variable.name is not None or not compact:
                kind = "variable"
            else:
                continue
            which = str(variable.index) if len(node.outputs) > 1 else ""
            self.arrows.append(_Arrow(number, self._number(variable, kind), which))

    def _source(self, variable: Variable) -> int:
        if isinstance(variable, Constant):
            # One for each use: arrows from all over the picture to one number tell nothing.
            return self._add(self._label(variable), _COLOURS["constant"])
        if variable in self._numbers:
            return self._numbers[variable]
        if variable.owner is not None:
            return self._numbers[variable.owner]
        return self._number(variable, "shared" if hasattr(variable, "get_value") else "input")

    def _number(self, variable: Variable, kind: str) -> int:
        if variable not in self._numbers:
            self._numbers[variable] = self._add(self._label(variable), _COLOURS[kind])
        return self._numbers[variable]

    def _add(self, label: str, colour: str, is_op: bool = False) -> int:
        if len(label) > self._longest:
            label = label[: self._longest - 3] + "..."
        if self._with_ids:
            label += f" id={len(self.boxes)}"
        self.boxes.append(_Box(label, colour, is_op))
        return len(self.boxes) - 1

    def _label(self, variable: Variable) -> str:
        kind = str(variable.type)
        if variable in self._updates:
            return f"{self._updates[variable]} UPDATE\n{kind}"
        if variable.name is None:
            return str(variable) if isinstance(variable, Constant) else kind
        return variable.name if self._name_only else f"{variable.name}\n{kind}"


def _short(operation: str) -> str:
    """Return the name of an operation without what is the same for all of its kind."""
    name = re.sub(r"Elemwise\{(\w+),no_inplace\}", r"\1", operation)
    return re.sub(r"Elemwise\{(Cast\{\w+\})\}", r"\1", name).replace("InplaceDim", "Dim")


def pydotprint(
    fct: Any,
    outfile: Any = None,
    compact: bool = True,
    format: str = "png",  # noqa: A002  (Theano's name)
    with_ids: bool = False,
    high_contrast: bool = True,
    cond_highlight: Any = None,
    colorCodes: Mapping[str, str] | None = None,  # noqa: N803  (Theano's name)
    max_label_size: int = 70,
    scan_graphs: bool = False,
    var_with_name_simple: bool = False,
    print_output_file: bool = True,
    return_image: bool = False,
) -> Any:
    r"""Draw the graph of a function or of expressions, to a file.

    Boxes are variables: green for inputs, blue-green for shared variables, grey for constants,
    blue for outputs, orange for updates. Rounded ones are operations; an arrow to one with several
    inputs has the place of the input. If Graphviz's program ``dot`` is installed it lays the
    picture out; otherwise it is laid out here.

    Args:
        fct: a function, an expression, or a list of expressions.
        outfile: where to write; by default a file in the directory for temporary files.
        compact: leave out variables without a name that are neither inputs nor outputs.
        format: ``"dot"`` for Graphviz's language, or what kind of picture: ``"png"``, ``"svg"``
            or ``"pdf"``, or what else ``dot`` can write.
        with_ids: number the boxes.
        high_contrast: fill the boxes with their colours, rather than only frame them.
        cond_highlight: accepted as in Theano, without a meaning.
        colorCodes: colours of operations, by what their names contain.
        max_label_size: the most characters of a label.
        scan_graphs: accepted as in Theano, without a meaning.
        var_with_name_simple: leave out the type where a variable has a name.
        print_output_file: print where the picture is.
        return_image: return what is written, as bytes, and write no file.

    Raises:
        ValueError: the graph is too large to be laid out here.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> text = pydotprint(T.exp(x), format="dot", return_image=True).decode()
        >>> print(text.replace(r"\n", " "))
        digraph {
          node [fontname="monospace", fontsize=10];
          0 [label="exp", shape=ellipse, style=filled, fillcolor="#ffd5dc"];
          1 [label="x TensorType(float64, scalar)", shape=box, style=filled, fillcolor="#b5e6a2"];
          2 [label="TensorType(float64, scalar)", shape=box, style=filled, fillcolor="#9cc3f5"];
          1 -> 0;
          0 -> 2;
        }
        <BLANKLINE>
    """
    outputs = [
        output
        for item in (fct if isinstance(fct, (list, tuple)) else [fct])
        for output in _outputs_and_order(item)[0]
    ]
    updates = {new: shared for shared, new in dict(getattr(fct, "updates", {})).items()}
    picture = _Picture(
        outputs,
        updates,
        compact,
        with_ids,
        _OP_COLOURS if colorCodes is None else colorCodes,
        max_label_size,
        var_with_name_simple,
    )
    content = _rendered(picture, format, high_contrast)
    if return_image:
        return content
    path = Path(outfile or Path(tempfile.gettempdir()) / "jaxlearn.pydotprint")
    if path.suffix != f".{format}":
        path = path.with_name(f"{path.name}.{format}")
    path.write_bytes(content)
    if print_output_file:
        print("The output file is available at", path)
    return None


def _rendered(picture: _Picture, kind: str, filled: bool) -> bytes:
    text = _as_dot(picture, filled)
    if kind == "dot":
        return text.encode()
    program = shutil.which("dot")
    if program is None:
        return _drawn(picture, kind, filled)
    run = subprocess.run([program, f"-T{kind}"], input=text.encode(), capture_output=True)
    if run.returncode:
        raise ValueError(f"{program} -T{kind} failed: {run.stderr.decode().strip()}")
    return run.stdout


def _as_dot(picture: _Picture, filled: bool) -> str:
    paint = "style=filled, fillcolor" if filled else "penwidth=2, color"
    lines = ["digraph {", '  node [fontname="monospace", fontsize=10];']
    for number, box in enumerate(picture.boxes):
        label = box.label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        shape = "ellipse" if box.is_op else "box"
        colour = box.colour if filled else box.frame
        lines.append(f'  {number} [label="{label}", shape={shape}, {paint}="{colour}"];')
    for arrow in picture.arrows:
        label = f' [label="{arrow.label}"]' if arrow.label else ""
        lines.append(f"  {arrow.source} -> {arrow.target}{label};")
    return "\n".join([*lines, "}", ""])


# The layout of a picture, where Graphviz is not installed. In inches; y grows downwards.

_FONT_SIZE = 9
_CHARACTER = 0.602 * _FONT_SIZE / 72
_LINE = 1.25 * _FONT_SIZE / 72
_WRAP = 30
_PORT = 0.2
"""Between two arrows that arrive at one box."""


class _Place:
    """Where a box stands, or where an arrow passes a level (``box`` is None)."""

    def __init__(self, level: int, lines: Sequence[str] = (), ports: int = 0) -> None:
        self.level = level
        self.lines = list(lines)
        self.height = _LINE * len(lines) + 0.14 if lines else 0.0
        text = _CHARACTER * max(map(len, lines), default=0)
        needed = _PORT * max(ports - 1, 0)
        # Round ends stand beside the text.
        self.width = max(text, needed) + 0.1 + self.height if lines else 0.08
        self.above: list[_Place] = []
        self.below: list[_Place] = []
        self.x = 0.0


def _drawn(picture: _Picture, kind: str, filled: bool) -> bytes:
    from matplotlib.figure import Figure

    places, routes, levels = _laid_out(picture)
    bands, width, height = _bands(levels)
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for place, box in zip(places, picture.boxes, strict=True):
        _draw_box(axes, place, box, bands, filled)
    arriving: dict[_Place, list[tuple[float, int]]] = {}
    for i, route in enumerate(routes):
        arriving.setdefault(route[-1], []).append((route[-2].x, i))
    for target, arrows in arriving.items():
        for k, (_, i) in enumerate(sorted(arrows)):
            port = target.x + _PORT * (k - (len(arrows) - 1) / 2)
            _draw_arrow(axes, routes[i], port, picture.arrows[i].label, bands)
    content = BytesIO()
    # A picture may have 2**16 pixels along a side.
    figure.savefig(content, format=kind, dpi=min(110.0, 60000 / max(width, height)))
    return content.getvalue()


def _laid_out(
    picture: _Picture,
) -> tuple[list[_Place], list[list[_Place]], list[list[_Place]]]:
    """Return the places of the boxes, those that each arrow goes through, and those of a level."""
    levels = _levels(len(picture.boxes), picture.arrows)
    bends = sum(levels[a.target] - levels[a.source] - 1 for a in picture.arrows)
    if len(picture.boxes) + bends > _MOST_DRAWN:
        raise ValueError(
            f"a graph of {len(picture.boxes)} boxes is too large to be drawn without Graphviz; "
            'install it, or write the graph with format="dot"'
        )
    ports = [0] * len(picture.boxes)
    for arrow in picture.arrows:
        ports[arrow.target] += 1
    places = [
        _Place(level, _wrapped(box.label), count)
        for level, box, count in zip(levels, picture.boxes, ports, strict=True)
    ]
    routes = []
    for arrow in picture.arrows:
        first, last = places[arrow.source], places[arrow.target]
        route = [first, *map(_Place, range(first.level + 1, last.level)), last]
        for upper, lower in pairwise(route):
            upper.below.append(lower)
            lower.above.append(upper)
        routes.append(route)
    ordered = _by_level(place for route in [places, *routes] for place in route)
    _arrange(ordered)
    return places, routes, ordered


def _wrapped(label: str) -> list[str]:
    lines = [part for line in label.split("\n") for part in textwrap.wrap(line, _WRAP)]
    return lines or [""]


def _levels(count: int, arrows: Sequence[_Arrow]) -> list[int]:
    """Return for each box a level: below all that it needs, and right above what needs it."""
    targets: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for arrow in arrows:
        targets[arrow.source].append(arrow.target)
        missing[arrow.target] += 1
    levels = [0] * count
    order = [number for number in range(count) if not missing[number]]
    for number in order:
        for target in targets[number]:
            levels[target] = max(levels[target], levels[number] + 1)
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    for number in reversed(order):
        if targets[number]:
            levels[number] = min(levels[target] for target in targets[number]) - 1
    return levels


def _by_level(places: Iterable[_Place]) -> list[list[_Place]]:
    levels: dict[int, dict[_Place, None]] = {}
    for place in places:
        levels.setdefault(place.level, {})[place] = None
    return [list(levels[level]) for level in sorted(levels)]


def _arrange(levels: Sequence[list[_Place]]) -> None:
    """Order each level so that few arrows cross, and move the places above one another."""
    for level in levels:
        for i, place in enumerate(level):
            place.x = float(i)
    for sweep in range(24):
        downwards = sweep % 2 == 0
        for level in levels if downwards else reversed(levels):
            level.sort(key=lambda place: _middle(place.above if downwards else place.below, place))
            for i, place in enumerate(level):
                place.x = float(i)
    for sweep in range(24):
        downwards = sweep % 2 == 0
        for level in levels if downwards else reversed(levels):
            _spread(level, [_middle(place.above + place.below, place) for place in level])
    left = min(place.x - place.width / 2 for level in levels for place in level)
    for level in levels:
        for place in level:
            place.x += 0.25 - left


def _middle(neighbours: Sequence[_Place], place: _Place) -> float:
    if not neighbours:
        return place.x
    return sum(neighbour.x for neighbour in neighbours) / len(neighbours)


def _spread(level: Sequence[_Place], wished: Sequence[float]) -> None:
    """Put places as near to where they are wished as their order and widths allow."""
    # With the widths taken off, places must only not decrease: pooling neighbours that do gives
    # the least squares.
    offset = 0.0
    offsets = []
    pools: list[tuple[float, int]] = []
    for i, place in enumerate(level):
        if i:
            offset += (level[i - 1].width + place.width) / 2 + 0.25
        offsets.append(offset)
        total, count = wished[i] - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    bases = [total / count for total, count in pools for _ in range(count)]
    for place, base, shift in zip(level, bases, offsets, strict=True):
        place.x = base + shift


def _bands(levels: Sequence[list[_Place]]) -> tuple[list[tuple[float, float]], float, float]:
    """Return the top and the bottom of each level, and the size of the whole."""
    width = max(place.x + place.width / 2 for level in levels for place in level) + 0.25
    # Arrows that go far to a side need height to do so.
    gap = 0.45 + min(0.04 * width, 1.0)
    bands = []
    y = 0.25
    for level in levels:
        tallest = max(place.height for place in level)
        bands.append((y, y + tallest))
        y += tallest + gap
    return bands, width, y - gap + 0.25


def _draw_box(
    axes: Any, place: _Place, box: _Box, bands: Sequence[tuple[float, float]], filled: bool
) -> None:
    from matplotlib.patches import FancyBboxPatch

    top, bottom = bands[place.level]
    y = (top + bottom) / 2
    rounding = place.height / 2 if box.is_op else 0.03
    axes.add_patch(
        FancyBboxPatch(
            (place.x - place.width / 2, y - place.height / 2),
            place.width,
            place.height,
            boxstyle=f"round,pad=0,rounding_size={rounding}",
            facecolor=box.colour if filled else "white",
            edgecolor=_LINES if filled else box.frame,
            linewidth=0.8 if filled else 2,
            zorder=2,
        )
    )
    for i, line in enumerate(place.lines):
        axes.text(
            place.x,
            y + _LINE * (i - (len(place.lines) - 1) / 2),
            line,
            fontsize=_FONT_SIZE,
            family="DejaVu Sans Mono",
            ha="center",
            va="center_baseline",
            parse_math=False,
            zorder=3,
        )


def _draw_arrow(
    axes: Any,
    route: Sequence[_Place],
    port: float,
    label: str,
    bands: Sequence[tuple[float, float]],
) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path as Curve

    top, bottom = bands[route[0].level]
    x, y = route[0].x, (top + bottom + route[0].height) / 2
    points, codes = [(x, y)], [Curve.MOVETO]
    for place in route[1:]:
        start, (end, after) = bands[place.level - 1][1], bands[place.level]
        new_x = port if place is route[-1] else place.x
        half = (start + end) / 2
        points += [(x, start), (x, half), (new_x, half), (new_x, end)]
        codes += [Curve.LINETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4]
        x, y = new_x, (end + after - place.height) / 2 if place is route[-1] else after
        points.append((x, y))
        codes.append(Curve.LINETO)
    line = PathPatch(Curve(points, codes), fill=False, edgecolor=_LINES, linewidth=0.8, zorder=1)
    axes.add_patch(line)
    # The label stands on the side that the arrow does not come from.
    side = -1 if route[-2].x > port else 1
    head = [(x, y), (x - 0.04, y - 0.1), (x + 0.04, y - 0.1)]
    axes.add_patch(Polygon(head, color=_LINES, linewidth=0, zorder=4))
    axes.text(
        x + 0.03 * side,
        y - 0.12,
        label,
        fontsize=6.5,
        family="DejaVu Sans Mono",
        ha="left" if side > 0 else "right",
        va="bottom",
        color=_LINES,
        zorder=4,
    )
