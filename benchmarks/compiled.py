"""What a compiled part would bring: the hottest parts of cleaning a page in C, measured beside those in Python.

    python benchmarks/compiled.py DATASET [--pages N]

A prototype, to decide by; nothing of it is installed. It needs a C compiler, ``cc``, and takes the trees of lxml from
where this interpreter keeps them, so it runs on CPython alone. Both sides are compared before they are timed. What it
reads of a tree is not made into Python objects, so its time for that is a lower bound.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray
from speed import parse_with_lxml, read_pages, seconds_of

import boilerplate
from boilerplate import features
from boilerplate.blocks import segment
from boilerplate.encoding import decode
from boilerplate.features import scores
from boilerplate.features.hashing import HashedWeights, code_points
from boilerplate.features.links import link_texts, nearest_link
from boilerplate.features.view import PageView
from boilerplate.model.model import Look
from boilerplate.nodes import read_tree
from boilerplate.page import parse

_LENGTHS = {"words": (3, 5), "names": (4, 4), "target": (4, 4)}
#: Which scorer reads the texts of each kind.
_SCORED = (("words", "words"), ("words", "box_words"), ("names", "names"), ("target", "target"))
#: Words of a machine from the beginning of an lxml element to the address of its node.
_NODE = (3, 4, 2)


def compiled(directory: Path) -> ctypes.CDLL:
    library = directory / "compiled.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return ctypes.CDLL(str(library))


def pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def numbers(*values: int) -> list[ctypes.c_int64]:
    return [ctypes.c_int64(value) for value in values]


class InC:
    """The parts in C, with the interface that the comparison needs."""

    def __init__(self, library: ctypes.CDLL, model: boilerplate.Model) -> None:
        self._library = library
        self._weights: dict[str, HashedWeights] = {}
        for kind in _LENGTHS:
            weights = [model.scorers[scorer] for of, scorer in _SCORED if of == kind]
            values = np.ascontiguousarray(np.hstack([w.values for w in weights]))
            self._weights[kind] = HashedWeights(values, np.concatenate([w.scale for w in weights]))
        library.read_tree.restype = ctypes.c_int64

    def read_tree(self, root: etree._Element, n_elements: int, n_bytes: int) -> int:
        word = ctypes.sizeof(ctypes.c_void_p)
        for offset in _NODE:
            node = ctypes.c_size_t.from_address(id(root) + offset * word).value
            if node > 1 << 16 and ctypes.c_int.from_address(node + word).value == 1:
                break
        parent, start = np.zeros(n_elements, dtype=np.int32), np.zeros(n_elements, dtype=np.int64)
        space = np.empty(n_bytes, dtype=np.uint8)
        found: int = self._library.read_tree(
            ctypes.c_void_p(node), pointer(parent), pointer(start), pointer(space), *numbers(n_bytes)
        )
        return found

    def margins(self, look: Look, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        trees = look._both
        rows = np.ascontiguousarray(matrix)
        out = np.tile(trees.baseline, (len(rows), 1))
        arrays = (trees.feature, trees.threshold, trees.left, trees.right, trees.missing_left, trees.value, trees.root)
        self._library.walk_trees(
            pointer(rows),
            *numbers(*rows.shape),
            *map(pointer, (*arrays, trees.output)),
            *numbers(trees.n_trees, trees.n_outputs),
            pointer(out),
        )
        return out

    def scores(self, kind: str, texts: list[str]) -> list[NDArray[np.float32]]:
        head, tail = scores.READ_CHARS[kind]
        even = [" ".join(text.split()) for text in texts]
        cut = [t if len(t) <= head + tail else f"{t[:head]} {t[len(t) - tail :]}" for t in even]
        code = code_points("".join([f" {text} \x00" for text in cut]).lower() + "\x00")
        code = np.where((code >= 0x30) & (code <= 0x39), np.uint32(0x30), code)
        table = self._weights[kind].values
        sums = np.zeros((len(texts), table.shape[1]), dtype=np.int32)
        counts = np.zeros(len(texts), dtype=np.int32)
        self._library.score_texts(
            pointer(code),
            *numbers(len(code) - 1),
            ctypes.c_uint32(len(table) - 1),
            *map(ctypes.c_int, _LENGTHS[kind]),
            pointer(table),
            *numbers(table.shape[1]),
            pointer(sums),
            pointer(counts),
        )
        result = sums * self._weights[kind].scale / np.sqrt(np.maximum(counts, 1))[:, None]
        return np.hsplit(result.astype(np.float32), table.shape[1] // len(scores.OUTPUTS))


def parts(data: bytes, url: str | None, model: boilerplate.Model, c: InC) -> dict[str, tuple[Callable[[], Any], ...]]:
    """Each part in Python and in C, for one page."""
    page = parse(data, url=url)
    view = PageView(table := segment(page))
    plan, columns = model.plan, model.plan_columns
    reading = features.read_view(view, plan)
    first = features.first_matrix(reading, model.scorers, plan)
    guess = model.first.predict(first, columns[0]).stacked()
    full = features.full_matrix(first, reading, guess, plan)
    looks = [(model.first, first[:, columns[0]]), (model.final, full[:, columns[1]])]
    texts = {
        "words": scores._distinct(table.text)[0],
        "names": scores._names(view)[0],
        "target": link_texts(view, nearest_link(view))[0],
    }

    def python_scores() -> list[NDArray[np.float32]]:
        hashed = {kind: scores.hash_for(kind, of_kind) for kind, of_kind in texts.items()}
        return [hashed[kind].scores(model.scorers[scorer]) for kind, scorer in _SCORED]

    def c_scores() -> list[NDArray[np.float32]]:
        return [found for kind, of_kind in texts.items() for found in c.scores(kind, of_kind)]

    return {
        "tree into tables": (
            lambda: [len(read_tree(page.root)[0].tags)],
            lambda: [c.read_tree(page.root, table.n_elements, 4 * len(data) + 100_000)],
        ),
        "n-grams hashed and scored": (python_scores, c_scores),
        "trees of both looks": (
            lambda: [look._both.margins(matrix) for look, matrix in looks],
            lambda: [c.margins(look, matrix) for look, matrix in looks],
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    model = boilerplate.load_model()
    times: dict[str, list[tuple[float, ...]]] = {}
    lxml, clean = 0.0, 0.0
    with tempfile.TemporaryDirectory() as directory:
        c = InC(compiled(Path(directory)), model)
        for data, url in read_pages(options.dataset, options.pages, 0):
            try:
                boilerplate.clean(data, url=url, model=model)
            except boilerplate.errors.BoilerplateError:
                continue
            markup = decode(data)[0].encode("utf-8", "replace")
            lxml += seconds_of(lambda markup=markup: parse_with_lxml(markup), options.repeats)
            clean += seconds_of(
                lambda data=data, url=url: boilerplate.clean(data, url=url, model=model), options.repeats
            )
            for name, both in parts(data, url, model, c).items():
                for one, other in zip(*(part() for part in both), strict=True):
                    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4, err_msg=name)
                times.setdefault(name, []).append(tuple(seconds_of(part, options.repeats) for part in both))
    print(f"clean: {clean / lxml:.2f} parses by lxml\n\n| × lxml, all pages | Python | C |\n|---|---|---|")
    for name, rows in times.items():
        python, in_c = np.sum(rows, axis=0) / lxml
        print(f"| {name} | {python:.2f} | {in_c:.2f} |")


if __name__ == "__main__":
    main()
