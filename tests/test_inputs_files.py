"""From paths to bytes."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from boilerplate import Limits
from boilerplate.errors import InputError, LimitError, MissingInputError, UsageError
from boilerplate.inputs import Source, find_sources, is_one_page, read_source


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.html", "a.HTM", "sub/c.xhtml", "sub/d.html.gz", "notes.txt", "sub/e.html.bak"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"<p>x")
    return tmp_path


def test_directory_is_searched_in_order_of_names(tree: Path) -> None:
    found = find_sources([str(tree)])
    assert [s.relative for s in found] == ["a.HTM", "b.html", "sub/c.xhtml", "sub/d.html.gz"]
    assert [s.name for s in found] == [str(tree / s.relative) for s in found]
    assert all(s.is_portable and not s.problem for s in found)


def test_a_named_file_may_have_any_suffix(tree: Path) -> None:
    assert find_sources([str(tree / "notes.txt")]) == [Source(str(tree / "notes.txt"), "notes.txt")]


def test_what_is_no_page_keeps_its_place(tree: Path) -> None:
    names = ["missing", str(tree / "b.html"), "https://example.org/a", "-", "x" * 5000, "nul\0"]
    found = find_sources(names)
    assert [s.name for s in found] == names
    assert [bool(s.problem) for s in found] == [True, False, True, False, True, True]
    for source in found:
        if source.problem:
            assert source.problem.endswith((".", "`"))
            assert source.is_portable
            with pytest.raises(MissingInputError):
                read_source(source)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("www.example.org", True),
        ("www.example.org/a?b=c", True),
        ("example.org/news", True),
        ("bücher.example/a", True),
        ("page.html", False),
        ("../page.html", False),
        ("pages/example.org.html", False),
        ("example.org", False),
    ],
)
def test_address_without_its_scheme_is_recognised(
    name: str, hint: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (only,) = find_sources([name])
    assert only.problem.startswith("There is no such file or directory. ")
    assert only.problem.endswith(f"write https://{name}." if hint else "Check the path.")


def test_directory_without_pages(tmp_path: Path) -> None:
    (only,) = find_sources([str(tmp_path)])
    assert "holds no page" in only.problem


def test_pipe_in_a_directory_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.html")
    (only,) = find_sources([str(tmp_path)])
    assert "no regular file" in only.problem


def test_standard_input_once() -> None:
    with pytest.raises(UsageError, match="only once"):
        find_sources(["-", "-"])


def test_one_page_or_many(tree: Path) -> None:
    assert is_one_page([str(tree / "b.html")])
    assert is_one_page(["-"])
    assert is_one_page(["missing"])
    assert not is_one_page([str(tree)])
    assert not is_one_page(["a", "b"])


def test_gzip_is_known_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(b"<p>one") + gzip.compress(b"<p>two")
    (tmp_path / "packed").write_bytes(packed)
    (tmp_path / "plain.html.gz").write_bytes(b"<p>plain")
    assert read_source(Source(str(tmp_path / "packed"), "")) == b"<p>one<p>two"
    assert read_source(Source(str(tmp_path / "plain.html.gz"), "")) == b"<p>plain"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    assert read_source(Source("-", "")) == b"<p>one<p>two"


@pytest.mark.parametrize("cut", [3, 12, -1])
def test_gzip_cut_off(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"<p>" + os.urandom(100))[:cut])
    with pytest.raises(InputError, match="cut off"):
        read_source(Source(str(tmp_path / "a.gz"), ""))


def test_too_large(tmp_path: Path) -> None:
    limits = Limits(max_bytes=1000)
    for name, data in (
        ("a", b"x" * 1001),
        ("b", gzip.compress(b"x" * 1_000_000, mtime=0)),
        ("c", gzip.compress(b"x" * 900, mtime=0) * 2),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(LimitError, match="larger than"):
            read_source(Source(str(tmp_path / name), ""), limits)
    (tmp_path / "d").write_bytes(gzip.compress(b"x" * 1000))
    assert len(read_source(Source(str(tmp_path / "d"), ""), limits)) == 1000


def test_directory_read_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_source(Source(str(tmp_path), ""))
