"""Keep answers in files: the numbers in ``answers/<family>.npz``, their types in ``.json``.

All numbers of one dtype stand in one array, one answer after the other in the order of the JSON,
which has one line a case. A line says of each value its dtype, its broadcastable axes and its
shape, and in the place of a value that is not there the name of the exception.
"""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
from casebook import HERE
from evaluating import Answer, Raised, Value

FOLDER = HERE / "answers"


class Shelf:
    """Arrays packed into one long array for each dtype, put in and taken out in order."""

    def __init__(self, packed=None):
        self.packed = {} if packed is None else packed
        self.taken = {}

    def put(self, array):
        """Append an array."""
        self.packed.setdefault(array.dtype.name, []).append(np.ravel(array))

    def take(self, dtype, shape):
        """The next array of that dtype, which has that shape."""
        start = self.taken.get(dtype, 0)
        end = self.taken[dtype] = start + int(np.prod(shape, dtype=int))
        return self.packed[dtype][start:end].reshape(shape)


def describe(shelf, value):
    """A value's line; its numbers go on the shelf."""
    if isinstance(value, Raised):
        return [value.name, value.when]
    assert value.array.dtype.name == value.dtype, (value.array.dtype, value.dtype)
    shelf.put(value.array)
    flags = "".join("FT"[flag] for flag in value.broadcastable)
    return [value.dtype, flags, list(value.array.shape)]


def restore(shelf, line):
    """The value that a line describes."""
    if len(line) == 2:
        return Raised(*line)
    dtype, flags, shape = line
    return Value(dtype, tuple(flag == "T" for flag in flags), shelf.take(dtype, tuple(shape)))


def pack(answers):
    """The answers' lines by name, and their numbers by dtype."""
    shelf, lines = Shelf(), {}
    for name, answer in answers.items():
        if answer.raised is not None:
            lines[name] = {"raised": describe(shelf, answer.raised)}
        else:
            lines[name] = {
                "outputs": {key: describe(shelf, one) for key, one in answer.outputs.items()},
                "gradients": {key: describe(shelf, one) for key, one in answer.gradients.items()},
            }
    return lines, {dtype: np.concatenate(parts) for dtype, parts in sorted(shelf.packed.items())}


def unpack(lines, packed):
    """The answers again."""
    shelf, answers = Shelf(packed), {}
    for name, line in lines.items():
        if "raised" in line:
            answers[name] = Answer(raised=Raised(*line["raised"]))
        else:
            answers[name] = Answer(
                {key: restore(shelf, one) for key, one in line["outputs"].items()},
                {key: restore(shelf, one) for key, one in line["gradients"].items()},
            )
    return answers


def as_json(answers, grids):
    """The text of a family's JSON file, and its numbers by dtype."""
    lines, packed = pack(answers)
    cases = ",\n".join(f"{json.dumps(name)}: {json.dumps(line)}" for name, line in lines.items())
    rows = ",\n".join(
        f"{json.dumps(name)}: {json.dumps({row: ' '.join(cells) for row, cells in grid.items()})}"
        for name, grid in grids.items()
    )
    return f'{{"cases": {{\n{cases}\n}},\n"grids": {{\n{rows}\n}}}}\n', packed


def save(family, answers, grids):
    """Write a family's files, byte for byte the same for the same answers."""
    text, packed = as_json(answers, grids)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{family}.json").write_text(text)
    with zipfile.ZipFile(str(FOLDER / f"{family}.npz"), "w", zipfile.ZIP_DEFLATED) as archive:
        for dtype, array in packed.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{dtype}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())


def load(family):
    """A family's recorded answers and grids, by name."""
    recorded = json.loads((FOLDER / f"{family}.json").read_text())
    with np.load(str(FOLDER / f"{family}.npz")) as archive:
        packed = {dtype: archive[dtype] for dtype in archive.files}
    grids = {
        name: {row: cells.split() for row, cells in grid.items()}
        for name, grid in recorded["grids"].items()
    }
    return unpack(recorded["cases"], packed), grids
