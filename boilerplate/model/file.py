"""The model file: named arrays and a JSON header in one safetensors file.

Nothing in such a file can run code.  The header is a single string of the file's metadata, so that equal
models are equal bytes, and it carries a checksum of itself and of the arrays.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from boilerplate.errors import ModelError, ModelVersionError
from boilerplate.files import replace_file, system_reason

__all__ = ["FORMAT_VERSION", "MAX_FILE_BYTES", "MAX_HEADER_BYTES", "read_model_file", "write_model_file"]

FORMAT_VERSION = 1
MAX_FILE_BYTES = 200_000_000
MAX_HEADER_BYTES = 2_000_000
MAX_HEADER_DEPTH = 32
MAX_VERSION = 999_999  # more is no version but damage

_KEY = "boilerplate"
_VERSION = "format_version"
_CHECKSUM = "payload_sha256"
_NAME = re.compile(r"[A-Za-z0-9_./-]{1,200}")
_LENGTH_BYTES = 8

# Names of types in the file, and what they mean: little-endian whatever the machine.
_DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I8": np.dtype("<i1"),
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "U8": np.dtype("<u1"),
    "U16": np.dtype("<u2"),
}

# The compiled function carries no types of its own.
_deserialize: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = safetensors.deserialize

# First bytes of what else people have in their model directories.
_LOOKALIKES = (
    (b"\x80\x02", "a Python pickle, which is never loaded because it can run code"),
    (b"\x80\x03", "a Python pickle, which is never loaded because it can run code"),
    (b"\x80\x04", "a Python pickle, which is never loaded because it can run code"),
    (b"\x80\x05", "a Python pickle, which is never loaded because it can run code"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"version https://git-lfs", "a Git LFS pointer: fetch the file with `git lfs pull`"),
    (b"<", "a web page"),
)


def write_model_file(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]
) -> None:
    """Write a model file, all of it or nothing.

    Equal arrays and headers give equal bytes.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists; its directory must exist.
    arrays : mapping of str to ndarray
        Of any shape; float32, float64, int8, uint8, int16, uint16, int32 or bool.  Names are made of letters,
        digits and ``_./-``.
    header : mapping of str to JSON values
        Whatever else the model needs.  ``format_version`` and ``payload_sha256`` are set here, so a header
        that was read can be written again.

    Raises
    ------
    ModelError
        If the arrays or the header cannot be kept in such a file, or the file cannot be written.
    """
    plain = {name: _storable(name, array) for name, array in arrays.items()}
    try:
        # Through JSON and back: the checksum is of what a reader will see, such as lists for tuples.
        _sorted_dump(header)  # refuses keys of mixed types, which the checksum could not order
        full = _parse_json(_dump({**header, _VERSION: FORMAT_VERSION, _CHECKSUM: ""}))
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"The header of the model cannot be written as JSON: {error}.") from error
    full[_CHECKSUM] = _checksum(plain, full)
    data = safetensors.numpy.save(plain, metadata={_KEY: _dump(full)})
    if _header_length(data) > MAX_HEADER_BYTES:
        raise ModelError(f"The header of the model is longer than {MAX_HEADER_BYTES} bytes: keep less in it.")
    if len(data) > MAX_FILE_BYTES:
        raise ModelError(f"The model takes more than {MAX_FILE_BYTES} bytes: train it with fewer or smaller trees.")
    try:
        replace_file(Path(path), data)
    except (OSError, ValueError) as error:
        raise ModelError(f"The model cannot be written to {path}: {system_reason(error)}.") from error


def read_model_file(source: str | os.PathLike[str] | bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a model file and check that it is whole.

    Parameters
    ----------
    source : str, path-like or bytes
        The file, or its content.

    Returns
    -------
    arrays : dict of str to ndarray
        As written, read-only, by name in sorted order.
    header : dict
        As written, in the same order, with ``format_version`` and ``payload_sha256``.

    Raises
    ------
    ModelVersionError
        If the file is in another version of the format.
    ModelError
        If the file is absent, cannot be read, is too large, is no model file or is damaged.
    """
    if isinstance(source, bytes):
        name, data = "The model", source
    else:
        name, data = str(Path(source)), _load(source)
    if len(data) > MAX_FILE_BYTES:
        raise ModelError(f"{name} is larger than {MAX_FILE_BYTES} bytes, more than any model of boilerplate takes.")
    header = _read_header(name, data)
    arrays = _read_arrays(name, data)
    if header.get(_CHECKSUM) != _checksum(arrays, header):
        _refuse_damaged(name)
    for array in arrays.values():
        array.setflags(write=False)
    return arrays, header


def _storable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ModelError(f"An array of the model cannot be named {name!r}: use letters, digits and _ . / - only.")
    if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("<") not in _DTYPES.values():
        raise ModelError(f"The array {name} cannot be kept in a model file: convert it to float32 or int32, say.")
    return np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C")


def _dump(value: object) -> str:
    # Keys stay in their order: tables are printed from them.
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _sorted_dump(value: object) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))


def _parse_json(text: str) -> dict[str, Any]:
    """Parse an object; ValueError or RecursionError if it is none, too deep, or no strict JSON."""
    value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    level: list[Any] = [value]
    for _ in range(MAX_HEADER_DEPTH):
        inside = [item.values() if isinstance(item, dict) else item for item in level]
        level = [item for items in inside for item in items if isinstance(item, (dict, list))]
        if not level:
            return value
    raise ValueError(f"nested deeper than {MAX_HEADER_DEPTH} levels")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


def _checksum(arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in header.items() if key != _CHECKSUM}
    names = sorted(arrays)
    table = [[name, arrays[name].dtype.name, list(arrays[name].shape)] for name in names]
    # The table comes before the bytes and gives their number, so no two models are hashed alike.
    digest = hashlib.sha256(_sorted_dump([rest, table]).encode("ascii"))
    for name in names:
        digest.update(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _load(source: str | os.PathLike[str]) -> bytes:
    path = Path(source)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ModelError(f"{path} is a directory, not a model file: name the file in it.")
        if not stat.S_ISREG(mode):  # reading from a pipe or a device may never end
            raise ModelError(f"{path} is not a regular file, so it cannot be a model.")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise ModelError(f"There is no model file {path}: train one with `boilerplate train`.") from error
    except ModelError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise ModelError(f"The model file {path} cannot be read: {system_reason(error)}.") from error


def _header_length(data: bytes) -> int:
    return int.from_bytes(data[:_LENGTH_BYTES], "little")


def _read_header(name: str, data: bytes) -> dict[str, Any]:
    # safetensors would read this for a path only, not for bytes, and without a limit of our choice.
    length = _header_length(data)
    if len(data) < _LENGTH_BYTES or length > len(data) - _LENGTH_BYTES:
        kind = next((f" but {kind}" for start, kind in _LOOKALIKES if data.startswith(start)), "")
        _refuse_foreign(name, kind)
    if length > MAX_HEADER_BYTES:
        raise ModelError(f"{name} has a header of more than {MAX_HEADER_BYTES} bytes, as no model of boilerplate has.")
    try:
        outer = _parse_json(data[_LENGTH_BYTES : _LENGTH_BYTES + length].decode("utf-8"))
        header = _parse_json(outer["__metadata__"][_KEY])
    except (KeyError, TypeError, ValueError, RecursionError):
        _refuse_foreign(name)
    # Before anything else: what follows may differ in another version.
    _check_version(name, header.get(_VERSION))
    return header


def _check_version(name: str, version: object) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or not 0 <= version <= MAX_VERSION:
        raise ModelError(f"{name} has no format version, so it cannot be read: download the model or train it again.")
    if version != FORMAT_VERSION:
        update = "update boilerplate, or " if version > FORMAT_VERSION else ""
        raise ModelVersionError(
            f"{name} is in version {version} of the model format, and this release reads version "
            f"{FORMAT_VERSION}: {update}train the model again with `boilerplate train`."
        )


def _read_arrays(name: str, data: bytes) -> dict[str, NDArray[Any]]:
    try:
        entries = dict(_deserialize(data))
        arrays = {key: _array(entries[key]) for key in sorted(entries)}
    except (safetensors.SafetensorError, KeyError, ValueError):
        # The header was one of ours, so something happened to the rest.
        _refuse_damaged(name)
    return arrays


def _array(entry: Mapping[str, Any]) -> NDArray[Any]:
    """Make one array; KeyError or ValueError if its type or shape is none that we write."""
    dtype = _DTYPES[entry["dtype"]]
    flat = np.frombuffer(entry["data"], dtype=dtype)
    if dtype == np.bool_ and flat.view(np.uint8).max(initial=0) > 1:
        raise ValueError("a byte is neither true nor false")
    return flat.reshape(entry["shape"]).astype(dtype.newbyteorder("="), copy=False)


def _refuse_foreign(name: str, kind: str = "") -> NoReturn:
    raise ModelError(f"{name} is not a boilerplate model{kind}; train one with `boilerplate train`.")


def _refuse_damaged(name: str) -> NoReturn:
    raise ModelError(f"{name} is damaged: download the model again, or train it again with `boilerplate train`.")
