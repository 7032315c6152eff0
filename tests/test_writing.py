"""Writers of outcomes: what is complete, what is resumed, what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerplate.batch import Outcome
from boilerplate.batch.outcome import TIMING_COLUMNS, Cleaned, outcome_columns
from boilerplate.errors import UsageError
from boilerplate.files import remove_leftovers
from boilerplate.inputs import Source
from boilerplate.output import Options
from boilerplate.writing import Run, Writer, open_writer
from boilerplate.writing.documents import FileNames
from boilerplate.writing.shards import ShardSize

COLUMNS = outcome_columns(Options())
RUN = Run.of("a", 1)
FORMATS = ["txt", "json", "jsonl", "csv", "parquet"]


def outcome(number: int) -> Outcome:
    source = Source(f"page {number}", f"{number % 9}.html", url=f"https://example.org/{number}")
    if number % 5 == 3:
        return Outcome(source, Cleaned("empty", f"Nothing in {number}."))
    record = {"title": f"{number}", "confidence": number / 100, "text": 'Tea, "milk"\nand\u2028more ' * (number % 4)}
    return Outcome(source, Cleaned("ok", record=record, rendered=f"text of {number}\n", seconds=(0.1, 0.2, number)))


def place(directory: Path, output_format: str) -> Path:
    return directory / ("out" if output_format in ("txt", "json", "parquet") else f"out.{output_format}")


def opened(directory: Path, output_format: str, run: Run = RUN) -> Writer:
    return open_writer(
        place(directory, output_format),
        output_format,
        one=False,
        columns=COLUMNS,
        run=run,
        shard_size=ShardSize(rows=7, n_bytes=200),
        emit=lambda _: None,
        write_text=lambda *_: None,
    )


def outcomes(writer: Writer, count: int) -> list[Outcome]:
    """What is left to be written."""
    numbers = {outcome(number).source: number for number in range(count)}
    return [outcome(numbers[source]) for source in writer.rest(numbers)]


def write_all(directory: Path, output_format: str, count: int) -> None:
    with opened(directory, output_format) as writer:
        for each in outcomes(writer, count):
            writer.write(each)


def written(directory: Path, output_format: str) -> dict[str, object]:
    """All files, hidden ones too, with what is in them; timings aside."""
    found: dict[str, object] = {}
    for path in sorted(directory.rglob("*")):
        if path.suffix == ".parquet":
            from pyarrow import parquet

            found[path.name] = parquet.read_table(path).drop_columns(list(TIMING_COLUMNS)).to_pylist()
        elif path.is_file() and path.name != ".boilerplate.journal":
            found[path.name] = path.read_bytes()
    return found


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("count", [0, 1, 40])
def test_every_page_once_and_nothing_else(tmp_path: Path, output_format: str, count: int) -> None:
    write_all(tmp_path, output_format, count)
    found = written(tmp_path, output_format)
    assert not [name for name in found if name.startswith(".")]
    names = [f"page {number}" for number in range(count)]
    if output_format == "parquet":
        assert all(len(table) <= 7 for table in found.values())  # type: ignore[arg-type]
        assert [row["source"] for table in found.values() for row in table] == names  # type: ignore[attr-defined]
        assert "part-00000.parquet" in found
    elif output_format == "jsonl":
        assert [json.loads(line)["source"] for line in found["out.jsonl"].decode().split("\n")[:-1]] == names  # type: ignore[attr-defined]
    elif output_format == "csv":
        table = csv.DictReader(io.StringIO(found["out.csv"].decode(), newline=""))  # type: ignore[attr-defined]
        assert [row["source"] for row in table] == names
    else:
        assert len(found) == sum(not outcome(number).reason for number in range(count))


def write_half(directory: Path, output_format: str) -> None:
    """Write half of the pages, and stop for an error."""
    with suppress(InterruptedError), opened(directory, output_format) as writer:
        for each in outcomes(writer, 40)[:20]:
            writer.write(each)
        raise InterruptedError


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # No test cuts the power.
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_what_a_kill_leaves_of_a_file_is_gone_with_the_next_run(tmp_path: Path) -> None:
    killed = "import os, sys; from pathlib import Path; from boilerplate.files import replace_file\n"
    killed += "Path.replace = lambda *_: os._exit(9)\nreplace_file(Path(sys.argv[1]), b'half')"
    ours, other = tmp_path / "ours", tmp_path / "other"
    for path in (ours, other):
        subprocess.run([sys.executable, "-c", killed, path], check=False, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(ours)
    assert len(list(tmp_path.iterdir())) == 1
    remove_leftovers(other)
    assert list(tmp_path.iterdir()) == []
    remove_leftovers(tmp_path / "nowhere" / "file")


@pytest.mark.parametrize("output_format", FORMATS)
@given(stops=st.lists(st.integers(0, 39), max_size=4), broken=st.binary(max_size=30))
@settings(max_examples=15, deadline=None)
def test_resumed_run_equals_a_whole_one(
    tmp_path_factory: pytest.TempPathFactory, output_format: str, stops: list[int], broken: bytes
) -> None:
    whole, resumed = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("resumed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "seconds_between_saves", 0.0)
        write_all(whole, output_format, 40)
        for stop in stops:
            writer = opened(resumed, output_format)
            # Not left as a context is: the process is gone.
            for each in islice(outcomes(writer, 40), stop):
                writer.write(each)
            for partial in resumed.glob(".*.partial"):
                # A row that was half written.
                with partial.open("ab") as file:
                    file.write(broken)
            del writer
        with opened(resumed, output_format) as writer:
            left = outcomes(writer, 40)
            for each in left:
                writer.write(each)
            assert writer.progress.pages == 40
            assert writer.progress.outcomes == {"ok": 32, "empty": 8}
    assert written(resumed, output_format) == written(whole, output_format)
    if output_format != "parquet" and stops:
        assert len(left) <= 40 - max(stops) + 1


@pytest.mark.parametrize("output_format", FORMATS)
def test_error_leaves_what_is_done(tmp_path: Path, output_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "seconds_between_saves", 0.0)
    write_half(tmp_path, output_format)
    target = place(tmp_path, output_format)
    assert not target.is_file()
    assert not list(tmp_path.rglob(".part-*.partial"))
    assert opened(tmp_path, output_format).progress.pages >= 14


@pytest.fixture
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.setattr(Writer, "seconds_between_saves", 0.0)

    def make(output_format: str) -> Path:
        write_half(tmp_path, output_format)
        return tmp_path

    return make


@pytest.mark.parametrize("output_format", FORMATS)
def test_other_run_is_refused_or_starts_anew(unfinished: Callable[[str], Path], output_format: str) -> None:
    directory = unfinished(output_format)
    with pytest.raises(UsageError, match="a run with other inputs or options"):
        opened(directory, output_format, Run.of("b"))
    with opened(directory, output_format, Run.of("b", restart=True)) as writer:
        assert writer.progress.pages == 0
        for each in outcomes(writer, 3):
            writer.write(each)
    if output_format == "parquet":
        assert list(written(directory, output_format)) == ["part-00000.parquet"]


@pytest.mark.parametrize("output_format", FORMATS)
def test_changed_inputs_are_refused(unfinished: Callable[[str], Path], output_format: str) -> None:
    writer = opened(unfinished(output_format), output_format)
    sources = [outcome(number).source for number in range(40)]
    with pytest.raises(UsageError, match="are others now"):
        list(writer.rest([Source("new", "new.html"), *sources]))
    with pytest.raises(UsageError, match="and now there are 3"):
        list(writer.rest(sources[:3]))
    assert list(writer.rest([*sources, Source("new", "new.html")]))[-1].name == "new"


@pytest.mark.parametrize("output_format", FORMATS)
def test_journal_that_cannot_be_read(unfinished: Callable[[str], Path], output_format: str) -> None:
    directory = unfinished(output_format)
    (journal,) = directory.rglob(".*.journal")
    for content in (b"", b"[]", b"{}", b'{"version": 1}'):
        journal.write_bytes(content)
        with pytest.raises(UsageError, match="Start anew with --restart"):
            opened(directory, output_format)


def test_complete_shards_are_left_alone(tmp_path: Path) -> None:
    write_all(tmp_path, "parquet", 20)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    with opened(tmp_path, "parquet") as writer:
        # Inputs need not even be there.
        assert list(writer.rest([])) == []
        assert writer.progress.outcomes == {"ok": 16, "empty": 4}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == before


def test_tables_of_others_are_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "theirs.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match=r"holds theirs\.parquet, which is not of this run"):
        opened(tmp_path, "parquet")
    (tmp_path / "out" / "theirs.parquet").unlink()
    write_all(tmp_path, "parquet", 20)
    (tmp_path / "out" / "part-00001.parquet").unlink()
    with pytest.raises(UsageError, match=r"lacks part-00001\.parquet"):
        opened(tmp_path, "parquet")


def test_shards_are_compressed_and_typed(tmp_path: Path) -> None:
    from pyarrow import parquet

    write_all(tmp_path, "parquet", 20)
    for path in tmp_path.rglob("*.parquet"):
        file = parquet.ParquetFile(path)
        assert file.schema_arrow.names == list(COLUMNS)
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
        assert {str(file.schema_arrow.field(name).type) for name in TIMING_COLUMNS} == {"double"}
    # By text, not only by rows.
    sizes = [parquet.read_metadata(path).num_rows for path in sorted(tmp_path.rglob("*.parquet"))]
    assert sum(sizes) == 20
    assert max(sizes) < 7


def test_run_identity() -> None:
    assert Run.of("a", 1).identity == RUN.identity
    assert Run.of("a", 2).identity != RUN.identity
    assert Run.of("a", 1, restart=True).identity == RUN.identity


@pytest.mark.parametrize(
    ("relative", "name"),
    [
        ("../../etc/passwd", "etc/passwd.txt"),
        ("/etc/passwd.html", "etc/passwd.txt"),
        ("a/../../b.html.gz", "a/b.txt"),
        ("..", "page.txt"),
        ("/", "page.txt"),
        ("", "page.txt"),
        ("../..html", "..txt"),
    ],
)
def test_names_of_files_lead_downwards(relative: str, name: str, tmp_path: Path) -> None:
    found = FileNames(".txt").of(Source("x", relative))
    assert found == name
    assert (tmp_path / found).resolve().is_relative_to(tmp_path)


@given(st.text(st.sampled_from("./\\~ab\0") | st.characters(), max_size=20))
def test_no_name_leads_out(relative: str) -> None:
    found = Path(FileNames(".txt").of(Source("x", relative)))
    assert not found.is_absolute()
    assert ".." not in found.parts
