"""What is fuzzed: one function a target, from bytes to nothing, that raises where a promise is broken.

Errors of `boilerplate.errors` are answers and no findings.  Everything else that is raised is one, and so is an output
that breaks a promise of ``docs/robustness.md``; these are checked by `fuzz.oracles`.
"""

from __future__ import annotations

import io
import json
import ssl
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from boilerplate import features
from boilerplate.blocks import BlockTable, segment
from boilerplate.errors import BoilerplateError, InputError, ModelError
from boilerplate.features import SCORERS
from boilerplate.features.hashing import HashedWeights
from boilerplate.features.scores import OUTPUTS
from boilerplate.inputs.packed import unpack_deflate, unpack_gzip
from boilerplate.inputs.source import Source
from boilerplate.labelled import assemble, label_page
from boilerplate.labels import LABELS
from boilerplate.limits import Limits
from boilerplate.model.file import read_model_file
from boilerplate.model.model import Look, Model, Prediction, load_model
from boilerplate.model.trees import TreeEnsemble
from boilerplate.page import decode, parse
from boilerplate.web import FetchOptions
from boilerplate.web.address import is_public
from fuzz import oracles

__all__ = ["TARGETS"]

#: Encodings that a server might name, chosen by the first byte of an input.
CHARSETS = (None, None, None, "utf-8", "utf-16le", "windows-1251", "shift_jis", "gb18030", "iso-2022-jp", "x-unknown")


def decode_page(data: bytes) -> None:
    """Bytes to text to tree: encodings, repair of markup, libxml2."""
    charset = CHARSETS[data[0] % len(CHARSETS)] if data else None
    text, encoding, _ = decode(data[1:], charset=charset)
    text.encode("utf-8", "surrogatepass")
    try:
        page = parse(data[1:], charset=charset)
    except BoilerplateError:
        return
    assert page.root.tag == "html"
    assert page.root.find("body") is not None
    # A refused page aside, both ways of reading choose the same encoding.
    assert page.encoding == encoding


def segment_page(data: bytes) -> None:
    """Bytes to blocks and their invariants."""
    table = _table(data)
    if table is not None:
        oracles.check_blocks(table)


def read_features(data: bytes) -> None:
    """Bytes to the feature matrix and the probabilities of a small model."""
    table = _table(data)
    if table is None:
        return
    reading = features.read(table)
    prediction = _small_model().predict(reading)
    assert prediction.probabilities.shape == (len(table), len(LABELS))
    assert np.isfinite(prediction.probabilities).all()
    assert np.isfinite(prediction.main).all()


def write_outputs(data: bytes) -> None:
    """Bytes to every output format, whatever the labels; the first four bytes choose them."""
    table = _table(data[4:])
    if table is None:
        return
    random = np.random.default_rng(int.from_bytes(data[:4], "little"))
    probabilities = random.dirichlet(np.ones(len(LABELS)), size=len(table)).reshape(len(table), len(LABELS))
    page = assemble(table, Prediction(probabilities, random.uniform(size=len(table))))
    oracles.check_outputs(page, data[0])


def clean_page(data: bytes) -> None:
    """Bytes through the default model to every output format, as users have it."""
    try:
        page = label_page(data, _default_model())
    except BoilerplateError:
        return
    oracles.check_outputs(page, len(data))


def explain_page(data: bytes) -> None:
    """Bytes through the default model to reasons and to the overlay; the first byte chooses labels to show."""
    try:
        page = label_page(data[1:], _default_model(), explain=True)
    except BoilerplateError:
        return
    oracles.check_explained(page)
    show = [label for k, label in enumerate(LABELS) if data[0] >> k & 1] if data else LABELS
    shown = oracles.check_overlay(page.overlay(show))
    assert len(shown["labels"]) == len(page.blocks)


def load_model_file(data: bytes) -> None:
    """Bytes as a model file."""
    try:
        arrays, _ = read_model_file(data)
        Model.load(data)
    except ModelError:
        return
    assert sum(array.nbytes for array in arrays.values()) <= len(data)


def apply_trees(data: bytes) -> None:
    """Valid trees with some of their cells overwritten: what the checks let through is walked to the end."""
    stream = io.BytesIO(data)
    arrays = _grown(stream)
    while len(step := stream.read(7)) == 7:
        array = arrays[list(arrays)[step[0] % len(arrays)]]
        if step[1] % 16 == 0:
            array = array[: step[2]]
        elif array.size:
            at, raw = step[2] % array.size, step[3:7]
            array = array.copy()
            if array.dtype == np.int32 and step[1] % 2:
                array[at] = raw[0] % 32
            else:  # whatever the bytes are
                cell = bytearray(array[at].tobytes())
                cell[-4:] = raw[-len(cell) :]
                array[at] = raw[0] % 2 if array.dtype == np.bool_ else np.frombuffer(bytes(cell), array.dtype)[0]
        arrays[list(arrays)[step[0] % len(arrays)]] = array
    try:
        trees = TreeEnsemble.from_arrays(arrays, "")
    except ModelError:
        return
    rows = np.full((4, trees.n_features), [[0.0], [np.nan], [np.inf], [-np.inf]], dtype=np.float32)
    if trees.n_features > 10_000:
        return
    margins = trees.margins(rows)
    assert margins.shape == (4, trees.n_outputs)
    assert np.isfinite(margins).all()
    assert not np.isnan(trees.probabilities(rows)).any()
    added = trees.path_contributions(rows).sum(axis=1) + trees.expected
    assert np.allclose(added, margins, rtol=1e-5, atol=1e-6 * np.abs(trees.value).max(initial=1.0))


def _grown(stream: io.BytesIO) -> dict[str, np.ndarray]:
    """Arrays of one or two outputs and up to eight small trees, as bytes tell them."""
    head = stream.read(2).ljust(2, b"\0")
    width, outputs, n_trees = 1 + head[0] % 5, 1 + head[1] % 2, 1 + head[1] // 2 % 8
    left: list[int] = []
    right: list[int] = []
    root = []
    for _ in range(n_trees):
        start = len(left)
        root.append(start)
        left.append(start)
        right.append(start)
        for byte in stream.read(4):
            leaf = start + byte % (len(left) - start)
            if left[leaf] == leaf:
                left[leaf], right[leaf] = len(left), len(left) + 1
                left += [len(left), len(left) + 1]
                right += [len(right), len(right) + 1]
    n = len(left)
    return {
        "feature": (np.arange(n) % width).astype(np.int32),
        "threshold": np.linspace(-1, 1, n, dtype=np.float32),
        "left": np.array(left, dtype=np.int32),
        "right": np.array(right, dtype=np.int32),
        "missing_left": np.arange(n) % 3 == 0,
        "value": np.linspace(-2, 2, n, dtype=np.float32),
        "root": np.array(root, dtype=np.int32),
        "output": np.arange(n_trees, dtype=np.int32) % outputs,
        "baseline": np.zeros(outputs),
        "n_features": np.array([width], dtype=np.int32),
    }


def rewrite_model_file(data: bytes) -> None:
    """A small model with bytes of its arrays and header replaced as if its checksum were right."""
    arrays, header = _small_model_arrays()
    names = sorted(arrays)
    stream = io.BytesIO(data)
    while len(step := stream.read(8)) == 8:
        name = names[step[0] % len(names)]
        if step[1] % 8 == 0:
            other = names[step[2] % len(names)]
            arrays[name], arrays[other] = arrays[other], arrays[name]
        elif step[1] % 8 == 1:
            arrays[name] = arrays[name][: int.from_bytes(step[2:4], "little")]
        elif step[1] % 8 == 2:
            del arrays[name]
            names.remove(name)
        elif step[1] % 8 == 3:
            header[sorted(header)[step[2] % len(header)]] = [None, [], {}, "x", [1], ["words"], 3, -1][step[3] % 8]
        elif arrays[name].size:
            raw = bytearray(arrays[name].tobytes())
            at = int.from_bytes(step[2:4], "little") % len(raw)
            raw[at : at + 4] = step[4 : 4 + len(raw[at : at + 4])]
            kind = arrays[name].dtype
            if kind == np.bool_:
                raw = bytearray(byte & 1 for byte in raw)
            arrays[name] = np.frombuffer(bytes(raw), dtype=kind).reshape(arrays[name].shape)
        if not names:
            return
    try:
        model = Model.from_arrays(arrays, header)
    except ModelError:
        return
    prediction = model.predict(_reading())
    assert np.isfinite(prediction.probabilities).all()
    assert np.isfinite(prediction.main).all()


def read_options(data: bytes) -> None:
    """Bytes as a file of options of ``clean``."""
    from boilerplate.cli.config import read_config

    context = _clean_context()
    context.default_map = None
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        try:
            read_config(context, Path(file.name))
        except BoilerplateError:
            return
    json.dumps(context.default_map)


@cache
def _clean_context() -> Any:
    import typer.main

    from boilerplate.cli.app import app

    command = typer.main.get_command(app)
    group = command.make_context("boilerplate", ["clean"])
    return command.commands["clean"].make_context("clean", ["page.html"], parent=group)  # type: ignore[attr-defined]


def read_archive(data: bytes) -> None:
    """Bytes as a WARC file, plain or packed."""
    from boilerplate.inputs.warc import read_warc

    _read_all(lambda stream: read_warc(stream, _FILE, _LIMITS, Counter()), data)


def read_lines(data: bytes) -> None:
    """Bytes as JSON Lines with pages, plain or packed."""
    from boilerplate.inputs.jsonl import read_jsonl

    _read_all(lambda stream: read_jsonl(stream, _FILE, _LIMITS), data)


def unpack(data: bytes) -> None:
    """Bytes as gzip and as what HTTP calls deflate."""
    for unpacked in (unpack_gzip, unpack_deflate):
        try:
            assert len(unpacked(data, _LIMITS)) <= 100_000
        except InputError:
            continue


def check_addresses(data: bytes) -> None:
    """Bytes as an address to fetch, and as a robots.txt that has a say in it."""
    from boilerplate.web.robots import parse_rules

    head, _, rest = data.partition(b"\n")
    with suppress(InputError):
        _fetcher_from_nobody().fetch(head.decode("utf-8", "surrogateescape"))
    rules = parse_rules(rest.decode("utf-8", "replace"))
    rules.can_fetch("https://pages.test/a/b?c=d", "boilerplate")
    assert isinstance(rules.crawl_delay("boilerplate"), float | None)
    assert not is_public(head.decode("latin-1")) or head.count(b".") == 3 or b":" in head


@cache
def _fetcher_from_nobody() -> Any:
    from boilerplate.web.fetch import Fetcher

    def nobody(host: str, port: int) -> list[str]:
        raise OSError

    return Fetcher(FetchOptions(ignore_robots=True), resolve=nobody)


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


#: What answers of a server are divided by in an input, and its own address.
_NEXT_ANSWER = b"\n\0\n"
_PUBLIC_ADDRESS = "93.184.215.14"


def fetch_from_server(data: bytes) -> None:
    """Bytes as what a server answers, one connection after the other: robots.txt, redirects, a page."""
    import httpcore

    from boilerplate.web.fetch import Fetcher

    answers = iter(data.split(_NEXT_ANSWER))
    connected: list[str] = []

    class Backend(httpcore.MockBackend):
        def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.NetworkStream:
            connected.append(host)
            return httpcore.MockStream([next(answers, b"")])

    options = FetchOptions(max_bytes=100_000, max_seconds=3.0, max_redirects=5, ignore_robots=bool(data[:1] == b"!"))
    fetcher = Fetcher(
        options,
        resolve=lambda host, port: [_PUBLIC_ADDRESS, "127.0.0.1"],
        backend=Backend([]),
        certificates=_certificates(),
    )
    with suppress(InputError):
        page = fetcher.fetch("http://pages.test/")
        assert len(page.html) <= 100_000
        assert page.url.startswith(("http://", "https://"))
    assert set(connected) <= {_PUBLIC_ADDRESS}
    assert len(connected) <= 50


_FILE = Source("file", "file")
_LIMITS = Limits(max_bytes=100_000)


def _read_all(read: Callable[[io.BufferedReader], Iterator[Source]], data: bytes) -> None:
    try:
        for source in read(io.BufferedReader(io.BytesIO(data))):  # type: ignore[arg-type]
            if not source.problem and source.html is not None:
                assert len(source.html) <= 100_000
    except InputError:
        return


def _table(data: bytes) -> BlockTable | None:
    try:
        return segment(parse(data))
    except BoilerplateError:
        return None


@cache
def _default_model() -> Model:
    return load_model()


@cache
def _small_model() -> Model:
    def stump(outputs: int, width: int) -> TreeEnsemble:
        return TreeEnsemble(
            feature=np.array([k % width for k in range(outputs) for _ in range(3)], dtype=np.int32),
            threshold=np.tile(np.array([0.5, 0.0, 0.0], dtype=np.float32), outputs),
            left=np.array([[3 * k + 1, 3 * k + 1, 3 * k + 2] for k in range(outputs)], dtype=np.int32).ravel(),
            right=np.array([[3 * k + 2, 3 * k + 1, 3 * k + 2] for k in range(outputs)], dtype=np.int32).ravel(),
            missing_left=np.tile(np.array([True, False, False]), outputs),
            value=np.tile(np.array([0.0, 1.0, -1.0], dtype=np.float32), outputs),
            root=np.arange(0, 3 * outputs, 3, dtype=np.int32),
            output=np.arange(outputs, dtype=np.int32),
            baseline=np.zeros(outputs),
            n_features=width,
        )

    def look(columns: tuple[str, ...]) -> Look:
        return Look(columns, stump(len(LABELS), len(columns)), stump(1, len(columns)))

    scorers = {
        name: HashedWeights(np.ones((1 << bits, len(OUTPUTS)), np.int8), np.full(len(OUTPUTS), 0.01, np.float32))
        for name, bits in SCORERS.items()
    }
    return Model(scorers=scorers, first=look(features.FIRST_NAMES[:8]), final=look(features.NAMES[-8:]))


def _small_model_arrays() -> tuple[dict[str, np.ndarray], dict[str, object]]:
    model = _small_model()
    arrays: dict[str, np.ndarray] = {}
    for name, scorer in model.scorers.items():
        arrays[f"scorer.{name}.values"] = scorer.values
        arrays[f"scorer.{name}.scale"] = scorer.scale
    arrays |= model.first.to_arrays("first.") | model.final.to_arrays("final.")
    header: dict[str, object] = {
        "labels": list(LABELS),
        "outputs": list(OUTPUTS),
        "first_features": list(model.first.columns),
        "features": list(model.final.columns),
        "info": {},
    }
    return arrays, header


@cache
def _reading() -> features.PageReading:
    html = "<h1>Tea</h1><p>Tea is brewed from leaves.</p><ul><li><a href=/a>One</a><li><a href=/b>Two</a></ul>"
    return features.read(segment(parse(html)))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": decode_page,
    "segment": segment_page,
    "features": read_features,
    "outputs": write_outputs,
    "clean": clean_page,
    "overlay": explain_page,
    "model-file": load_model_file,
    "model-rewritten": rewrite_model_file,
    "trees": apply_trees,
    "options": read_options,
    "warc": read_archive,
    "jsonl": read_lines,
    "packed": unpack,
    "addresses": check_addresses,
    "answers": fetch_from_server,
}
