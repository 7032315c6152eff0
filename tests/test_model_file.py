"""The model file comes back as it was written, or is refused with a sentence."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

import boilerplate
from boilerplate import Model
from boilerplate.errors import ModelError, ModelVersionError
from boilerplate.model import file as model_file
from boilerplate.model.file import FORMAT_VERSION, read_model_file, write_model_file

ARRAYS: dict[str, np.ndarray] = {
    "a.first": np.array([1.5, -0.0, np.nan, np.inf], dtype=np.float32),
    "a.second": np.array([2.5, 0.0, 1.0, -np.inf], dtype=np.float32),
    "b/double": np.array([[1e300, 1e-300]]),
    "c_int8": np.array([-128, 127], dtype=np.int8),
    "c_uint8": np.array([255], dtype=np.uint8),
    "c_int16": np.array([-300], dtype=np.int16),
    "c_uint16": np.array([65535], dtype=np.uint16),
    "c-int32": np.arange(6, dtype=np.int32).reshape(2, 3),
    "flags": np.array([True, False, True]),
    "none": np.empty((0, 3), dtype=np.float32),
    "scalar": np.array(7, dtype=np.int32),
}
HEADER: dict[str, Any] = {
    "classes": ["article", "promo", "feed", "chrome"],
    "é": "\u20ac \ud800",
    "scores": {"b": 0.1, "a": 1e-7, "none": None, "yes": True},
}


def content(arrays: dict[str, np.ndarray], header: dict[str, Any], directory: Path) -> bytes:
    path = directory / "model"
    write_model_file(path, arrays, header)
    return path.read_bytes()


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return content(ARRAYS, HEADER, tmp_path_factory.mktemp("model"))


def assert_same(arrays: dict[str, np.ndarray], expected: dict[str, np.ndarray] = ARRAYS) -> None:
    assert sorted(arrays) == sorted(expected)
    for name, array in arrays.items():
        assert array.dtype == expected[name].dtype
        assert array.shape == expected[name].shape
        assert array.tobytes() == expected[name].tobytes()


def pack(header: object, payload: bytes = b"") -> bytes:
    """Bytes as in a safetensors file, of any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + payload


def pack_ours(inner: object, table: dict[str, Any] | None = None, payload: bytes = b"") -> bytes:
    text = inner if isinstance(inner, str) else json.dumps(inner)
    return pack({"__metadata__": {"boilerplate": text}, **(table or {})}, payload)


def test_round_trip(tmp_path: Path, valid: bytes) -> None:
    path = tmp_path / "model"
    path.write_bytes(valid)
    for source in (path, str(path), valid):
        arrays, header = read_model_file(source)
        assert_same(arrays)
        assert list(arrays) == sorted(arrays)
        assert not any(array.flags.writeable for array in arrays.values())
        assert header.pop("format_version") == FORMAT_VERSION
        assert len(header.pop("payload_sha256")) == 64
        assert header == HEADER


def test_what_was_read_is_written_again_as_the_same_bytes(tmp_path: Path, valid: bytes) -> None:
    arrays, header = read_model_file(valid)
    assert content(dict(reversed(arrays.items())), header, tmp_path) == valid


def test_the_header_keeps_its_order(tmp_path: Path, valid: bytes) -> None:
    arrays, header = read_model_file(valid)
    turned = dict(reversed(header.items()))
    _, again = read_model_file(content(arrays, turned, tmp_path))
    assert [k for k in again if k in HEADER] == [k for k in turned if k in HEADER] == list(reversed(HEADER))


def test_any_layout_of_arrays(tmp_path: Path) -> None:
    matrix = np.arange(12, dtype=np.int32).reshape(3, 4)
    expected = content({"m": matrix}, {}, tmp_path)
    for same in (np.asfortranarray(matrix), matrix.astype(">i4"), np.repeat(matrix, 2, axis=1)[:, ::2]):
        assert content({"m": same}, {}, tmp_path) == expected
    assert_same(read_model_file(content({}, {}, tmp_path))[0], {})


def test_header_is_what_json_makes_of_it(tmp_path: Path) -> None:
    written = {"tuple": (1, 2), "numbers": {10: "b", 9: "a"}, "format_version": 99, "payload_sha256": "x"}
    header = read_model_file(content({}, written, tmp_path))[1]
    assert header["tuple"] == [1, 2]
    assert header["numbers"] == {"10": "b", "9": "a"}
    assert header["format_version"] == FORMAT_VERSION


def test_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np; sys.path.insert(0, sys.argv[1])\n"
        "from boilerplate.model.file import write_model_file\n"
        "names = set('abcdefgh')\n"
        "arrays = {name: np.full(ord(name) % 3 + 1, 2, np.float32) for name in names}\n"
        "write_model_file(sys.argv[2], arrays, {n: 1 for n in sorted(names)})\n"
    )
    root = str(Path(boilerplate.__file__).parents[1])
    for seed in ("1", "2", "3"):
        target = str(tmp_path / seed)
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", script, root, target], env=environment, check=True)
    assert len({(tmp_path / seed).read_bytes() for seed in ("1", "2", "3")}) == 1


def test_writing_replaces_the_file_or_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"before")
    path.chmod(0o400)
    write_model_file(path, ARRAYS, HEADER)
    before = path.read_bytes()
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ModelError, match="No space left on device"):
        write_model_file(path, {}, {})
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_a_new_file_has_the_permissions_of_new_files(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    write_model_file(tmp_path / "model", {}, {})
    assert (tmp_path / "model").stat().st_mode == other.stat().st_mode


@pytest.mark.parametrize("place", ["absent/model", ".", "with\0null", "x" * 300])
def test_places_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    with pytest.raises(ModelError, match="cannot be written"):
        write_model_file(tmp_path / place, {}, {})


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(2, np.int64),
        np.zeros(2, np.float16),
        np.zeros(2, complex),
        np.array(["a"]),
        np.array([None]),
        3,
    ],
)
def test_arrays_that_cannot_be_kept(tmp_path: Path, array: Any) -> None:
    with pytest.raises(ModelError, match="array x cannot be kept"):
        write_model_file(tmp_path / "model", {"x": array}, {})


@pytest.mark.parametrize("name", ["", "__metadata__ ", "a b", "\ud800", "x" * 201, 3])
def test_names_that_cannot_be_kept(tmp_path: Path, name: Any) -> None:
    with pytest.raises(ModelError, match="cannot be named"):
        write_model_file(tmp_path / "model", {name: np.zeros(1)}, {})


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [np.nan, np.inf, {1, 2}, b"x", nested(40), nested(100_000), {1: 1, "a": 2}])
def test_headers_that_cannot_be_kept(tmp_path: Path, value: Any) -> None:
    with pytest.raises(ModelError, match="header of the model cannot be written as JSON"):
        write_model_file(tmp_path / "model", {}, {"x": value})


def test_limits_hold_for_writers_and_readers(tmp_path: Path, valid: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model"
    path.write_bytes(valid)
    monkeypatch.setattr(model_file, "MAX_FILE_BYTES", len(valid) - 1)
    for source in (path, valid):
        with pytest.raises(ModelError, match="larger than"):
            read_model_file(source)
    with pytest.raises(ModelError, match="takes more than"):
        write_model_file(path, ARRAYS, HEADER)
    monkeypatch.undo()
    monkeypatch.setattr(model_file, "MAX_HEADER_BYTES", 500)
    with pytest.raises(ModelError, match="header of more than"):
        read_model_file(path)
    with pytest.raises(ModelError, match="header of the model is longer"):
        write_model_file(path, ARRAYS, HEADER)
    assert path.read_bytes() == valid


def test_paths_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model file .*absent: train one"):
        read_model_file(tmp_path / "absent")
    with pytest.raises(ModelError, match="is a directory"):
        read_model_file(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_model_file(str(tmp_path / "with\0null"))
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot be read: Not a directory"):
        read_model_file(tmp_path / "file" / "model")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError, match="not a regular file"):
        read_model_file(tmp_path / "pipe")


def zip_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.pkl", b"x" * 100)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", ""),
        (b"\x00", ""),
        (b"not a model\n", ""),
        (pickle.dumps({"a": list(range(100))}), " but a Python pickle"),
        (zip_archive(), " but a zip archive"),
        (b"\x1f\x8b" + bytes(range(100)), " but a gzip archive"),
        (b"version https://git-lfs.github.com/spec/v1\noid", " but a Git LFS pointer"),
        (b"<!doctype html><title>404</title>", " but a web page"),
        (safetensors.numpy.save({"x": np.zeros(3)}), ""),
        (safetensors.numpy.save({"x": np.zeros(3)}, metadata={"format": "pt"}), ""),
        (pack(b"\xff\xfe"), ""),
        (pack(b"[" * 100_000), ""),
        (pack(b'{"a":' * 50_000 + b"1" + b"}" * 50_000), ""),
        (pack(b"9" * 5000), ""),
        (pack([]), ""),
        (pack({"__metadata__": 3}), ""),
        (pack({"__metadata__": []}), ""),
        (pack({"__metadata__": {"boilerplate": 3}}), ""),
        (pack_ours("[]"), ""),
        (pack_ours("{"), ""),
        (pack_ours('{"format_version": 1, "x": NaN}'), ""),
        (pack_ours('{"format_version": 1, "x": 1e999}'), ""),
        (pack_ours('{"format_version": 1, "x": ' + "[" * 40 + "]" * 40 + "}"), ""),
        (pack_ours('{"format_version": 1, "x": ' + "9" * 5000 + "}"), ""),
    ],
)
def test_other_files_are_refused(data: bytes, kind: str) -> None:
    with pytest.raises(ModelError, match=rf"is not a boilerplate model{kind}.*`boilerplate train`"):
        read_model_file(data)


class Marker:
    """Leaves a directory where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_in_a_file_is_executed(protocol: int, tmp_path: Path, run: Run, page: Path) -> None:
    mark, path = tmp_path / "it-ran", tmp_path / "model.safetensors"
    pickled = pickle.dumps(Marker(mark), protocol)
    for data in (pickled, pack_ours({"format_version": 1, "info": pickled.decode("latin-1")}), pickled.ljust(5000)):
        path.write_bytes(data)
        with pytest.raises(ModelError):
            Model.load(path)
        with pytest.raises(ModelError):
            Model.load(data)
    if protocol == pickle.HIGHEST_PROTOCOL:
        done = run("clean", page, "--model", path)
        assert done.returncode == 2
        assert b"a Python pickle, which is never loaded" in done.stderr
        done = run("label", page, "--model", path)
        assert done.returncode == 2
    assert not mark.exists()
    pickle.loads(pickled)
    assert mark.exists(), "it would have run"


def test_no_more_is_read_than_a_model_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)  # without taking room
    monkeypatch.setattr(model_file, "MAX_FILE_BYTES", 1_000_000)
    tracemalloc.start()
    with pytest.raises(ModelError, match="larger than"):
        read_model_file(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(("version", "remedy"), [(2, "update boilerplate, or train"), (0, ": train")])
def test_other_versions_are_refused_before_the_rest_is_read(version: int, remedy: str) -> None:
    with pytest.raises(ModelVersionError, match=rf"version {version} .* reads version 1: .*") as caught:
        read_model_file(pack_ours({"format_version": version}, {"x": {"dtype": "F4"}}))
    assert remedy in str(caught.value)


@pytest.mark.parametrize("version", [None, "1", 1.0, True, -1, 10**30, [1]])
def test_what_is_no_version_is_refused(version: Any) -> None:
    with pytest.raises(ModelError, match="has no format version") as caught:
        read_model_file(pack_ours({"format_version": version}))
    assert not isinstance(caught.value, ModelVersionError)


def entry(dtype: str, shape: list[int], length: int) -> dict[str, Any]:
    return {"x": {"dtype": dtype, "shape": shape, "data_offsets": [0, length]}}


@pytest.mark.parametrize(
    ("table", "payload"),
    [
        (entry("F32", [1], 4), bytes(4)),  # well-formed, but there is no checksum
        (entry("I64", [1], 8), bytes(8)),
        (entry("BF16", [1], 2), bytes(2)),
        (entry("BOOL", [1], 1), b"\x02"),
        (entry("F32", [2], 4), bytes(4)),
        (entry("F32", [-1], 4), bytes(4)),
        (entry("F32", [2**62, 4], 0), b""),
        (entry("F32", [2**63, 2**63, 0], 0), b""),
        (entry("F32", [1] * 100, 4), bytes(4)),
        (entry("F32", [0] * 100, 0), b""),
        ({"x": 3}, b""),
        ({}, b"trailing"),
    ],
)
def test_arrays_that_we_would_not_write_are_refused(table: dict[str, Any], payload: bytes) -> None:
    with pytest.raises(ModelError, match="is damaged"):
        read_model_file(pack_ours({"format_version": 1}, table, payload))


def test_a_boolean_that_is_neither_is_refused_whatever_the_checksum(tmp_path: Path) -> None:
    odd = np.array([2], dtype=np.uint8).view(np.bool_)
    with pytest.raises(ModelError, match="is damaged"):
        read_model_file(content({"x": odd}, {}, tmp_path))


def test_every_flipped_byte_of_the_arrays_is_noticed(valid: bytes) -> None:
    start = 8 + int.from_bytes(valid[:8], "little")
    assert start < len(valid)
    for place in range(start, len(valid)):
        data = bytearray(valid)
        data[place] ^= 1
        with pytest.raises(ModelError, match=r"is damaged: download .* or train it again"):
            read_model_file(bytes(data))


def test_swapped_and_renamed_arrays_are_noticed(valid: bytes) -> None:
    swapped = valid.replace(b"a.first", b"a.xxxxx").replace(b"a.second", b"a.first").replace(b"a.xxxxx", b"a.second")
    assert len(swapped) == len(valid)
    assert swapped != valid
    for changed in (swapped, valid.replace(b"a.first", b"a.fist0"), valid.replace(b"[2,3]", b"[3,2]")):
        with pytest.raises(ModelError, match="is damaged"):
            read_model_file(changed)


def refused_or_unchanged(data: bytes) -> None:
    try:
        arrays, header = read_model_file(data)
    except ModelError:
        return
    assert_same(arrays)
    assert {key: header[key] for key in HEADER} == HEADER
    assert len(header) == len(HEADER) + 2


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_mutated_files_are_refused_or_unchanged(valid: bytes, data: st.DataObject) -> None:
    mutated = bytearray(valid)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(len(mutated) - 1, 0)))
        length = data.draw(st.integers(1, 12))
        other = data.draw(st.integers(0, max(len(mutated) - 1, 0)))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "delete", "swap", "overwrite"])):
            case "flip" if mutated:
                mutated[place] ^= data.draw(st.integers(1, 255))
            case "cut":
                del mutated[place:]
            case "insert":
                mutated[place:place] = data.draw(st.binary(max_size=12) | st.sampled_from([b" ", b'"', b"{", b"0"]))
            case "delete":
                del mutated[place : place + length]
            case "swap":
                piece = mutated[place : place + length]
                mutated[place : place + length] = mutated[other : other + length]
                mutated[other : other + length] = piece
            case _:
                mutated[place : place + length] = mutated[other : other + length]
    refused_or_unchanged(bytes(mutated))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([0, 8, 500]))
def test_random_bytes_are_refused(valid: bytes, noise: bytes, kept: int) -> None:
    refused_or_unchanged(valid[:kept] + noise)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("F32"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["dtype", "shape", "data_offsets"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=250, deadline=None)
@given(inner=JSON, table=st.dictionaries(st.text(max_size=3), JSON, max_size=3), payload=st.binary(max_size=16))
def test_any_json_is_refused(inner: Any, table: dict[str, Any], payload: bytes) -> None:
    ours = {**inner, "format_version": 1} if isinstance(inner, dict) else inner
    for data in (
        pack_ours(ours, table, payload),
        pack_ours({"format_version": 1}, table, payload),
        pack(inner),
    ):
        with pytest.raises(ModelError):
            read_model_file(data)


@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0, 1e38])
def test_scales_that_could_overflow_are_refused(scale: float, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model"
    scorer = model.scorers["words"]
    scales = scorer.scale.copy()
    scales[1] = scale
    replace(model, scorers={**model.scorers, "words": replace(scorer, scale=scales)}).save(path)
    with pytest.raises(ModelError, match="scales for 'words' are not between 0 and"):
        Model.load(path)
