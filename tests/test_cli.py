"""The command line as a user meets it: what goes where, exit statuses, and sentences for what can go wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from conftest import PAGE, ROOT, Run, call

from boilerplate import label, load_model
from boilerplate.batch import OUTCOME_COLUMNS
from boilerplate.batch.outcome import TIMING_COLUMNS
from boilerplate.cli.app import app
from boilerplate.files import printable
from boilerplate.model.file import write_model_file
from boilerplate.model.model import default_model_path
from boilerplate.output.records import BLOCK_COLUMNS

# --- through the real entry point ---------------------------------------------------------------------------------


def test_clean_writes_data_only(run: Run, page: Path) -> None:
    done = run("clean", page)
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.decode().endswith("\n")


def test_precision_keeps_less_and_recall_more(run: Run) -> None:
    seed = ROOT / "datasets" / "seed" / "page.html"
    precise, plain, full = (
        run("clean", seed, *focus).stdout.decode().splitlines() for focus in (["--precision"], [], ["--recall"])
    )
    assert set(precise) <= set(plain) <= set(full)
    assert len(precise) < len(full)
    assert run("clean", seed, seed, "--recall", "-f", "txt").stdout.decode().splitlines().count(full[0]) == 2
    both = run("clean", seed, "--precision", "--recall")
    assert both.returncode == 2
    assert b"--precision and --recall ask for opposite things. Give one of them." in both.stderr


def test_standard_input_to_standard_output(run: Run, page: Path) -> None:
    piped = run("clean", "-", "-o", "-", stdin=PAGE.encode(), cwd=page.parent)
    assert piped.returncode == 0
    assert piped.stdout == run("clean", page).stdout
    assert not (page.parent / "-").exists()


WRONG_USAGE = [
    (["clean"], "Missing argument"),
    (["clean", "{page}", "--nonsense"], "No such option"),
    (["clean", "{page}", "--jobs", "many"], "Invalid value for '--jobs'"),
    (["clean", "{page}", "--jobs", "-1"], "Invalid value for '--jobs'"),
    (["nonsense"], "No such command"),
    (["clean", "{page}", "--output-format", "docx"], "'docx'. Use one of txt, markdown"),
    (["clean", "{page}", "--keep", "article,feed"], "Use one or more of article, promo, feed, chrome, each by itself."),
    (["evaluate", "{dir}", "--predictions", "{dir}/nowhere"], "There is no file"),
    (["benchmark", "{dir}", "--predictions", "{dir}/nowhere"], "--save-predictions"),
    (["clean", "{page}", "--keep", "advert"], "'advert' is no label. Use one or more of article"),
    (["label", "{page}", "--only", "advert"], "--only cannot be 'advert'"),
    (["clean", "{page}", "{page}", "-f", "html"], "need a directory to be written to. Give one with -o"),
    (["clean", "{page}", "{page}", "--url", "https://example.org/"], "Leave it out"),
    (["clean", "{dir}", "--url", "https://example.org/"], "Leave it out"),
    (["label", "{page}", "{page}", "--url", "https://example.org/"], "Leave it out"),
    (["clean", "{page}", "-f", "parquet"], "needs a file"),
    (["clean", "-", "-"], "only once"),
    (["clean", "{page}", "{page}", "-o", "{page}"], "is a file, but a directory is needed"),
    (["clean", "{page}", "-o", "{page}/below/x.txt"], "cannot be written"),
    (["clean", "{page}", "-f", "csv", "-o", "{dir}"], "is a directory. Name a file with -o"),
    (["clean", "{page}", "--model", "{page}"], "is not a boilerplate model but a web page; train one with"),
    (["clean", "{page}", "--model", "{dir}/nowhere"], "There is no model file"),
    (["label", "{page}", "--model", "{dir}/damaged"], "is damaged: download the model again"),
    (["label", "{page}", "--model", "{dir}/version"], "version 999 of the model format"),
    (["train", "{dir}", "-o", "-"], "Give a file with -o"),
    (["train", "{dir}", "-o", "{dir}/model.md"], "Give another suffix"),
    (["train", "{dir}", "-o", "{dir}"], "cannot be written"),
]


@pytest.fixture(scope="module")
def bad_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models")
    data = bytearray(default_model_path().read_bytes())
    data[-100] ^= 0xFF
    (directory / "damaged").write_bytes(data)
    write_model_file(directory / "version", {"a": np.zeros(1, dtype=np.float32)}, {})
    data = bytearray((directory / "version").read_bytes())
    old = b'\\"format_version\\":1,'
    assert old in data
    # The header keeps its length.
    new = data.replace(old, b'\\"format_version\\":999,')
    start = int.from_bytes(data[:8], "little") + len(new) - len(data)
    (directory / "version").write_bytes(start.to_bytes(8, "little") + new[8:])
    return directory


@pytest.mark.parametrize(("arguments", "message"), WRONG_USAGE)
def test_wrong_usage(
    arguments: list[str], message: str, page: Path, bad_models: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = page.read_bytes()
    assert call(*(a.format(page=page, dir=bad_models) for a in arguments)) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "unforeseen" not in captured.err
    assert page.read_bytes() == before


@pytest.mark.parametrize("number", [1, 5, 17])
def test_wrong_usage_from_outside(run: Run, page: Path, bad_models: Path, number: int) -> None:
    arguments, message = WRONG_USAGE[number]
    done = run(*(a.format(page=page, dir=bad_models) for a in arguments))
    assert done.returncode == 2
    assert done.stdout == b""
    assert message in done.stderr.decode()


BAD_PAGES = {
    "empty.html": (b"", "The page is empty"),
    "blank.html": (b" \n\t ", "The page is empty"),
    "image.html": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "looks like a PNG image; leave it out"),
    "paper.html": (b"%PDF-1.7\n%\xe2\xe3", "looks like a PDF file; convert it"),
    "cut.html.gz": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "cut off. Fetch it again"),
    "damaged.html.gz": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff\xff", "damaged"),
    "line\nbreak\x1b[31m.html": (b"", "The page is empty"),
}


def test_every_bad_page_is_named_with_its_reason(run: Run, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    (pages / "empty").mkdir(parents=True)
    for name, (data, _) in BAD_PAGES.items():
        (pages / name).write_bytes(data)
    (pages / "good.html").write_text(PAGE, encoding="utf-8")
    (pages / "link.html").symlink_to("nowhere")
    missing, nothing = pages / "missing.html", pages / "empty"
    done = run("clean", pages, missing, nothing, "ftp://example.org/", "-f", "jsonl", "--jobs", "2")
    assert done.returncode == 1
    rows = {row["source"]: row for row in map(json.loads, done.stdout.decode().splitlines())}
    expected = {str(pages / name): message for name, (_, message) in BAD_PAGES.items()} | {
        str(missing): "There is no such file or directory. Check the path",
        str(nothing): "The directory holds no page",
        str(pages / "link.html"): "There is no such file",
        "ftp://example.org/": "Only http and https addresses are fetched",
    }
    assert list(rows)[-3:] == [str(missing), str(nothing), "ftp://example.org/"]
    assert {name for name, row in rows.items() if row["status"] != "ok"} == set(expected)
    assert rows[str(pages / "good.html")] | {"status": "ok", "reason": ""} == rows[str(pages / "good.html")]
    lines = done.stderr.decode().splitlines()
    counts = f"1 of {len(rows)} pages cleaned; 3 empty, 2 not HTML, {len(rows) - 6} unreadable; "
    assert lines[-1].startswith(counts)
    assert len(lines) == 1 + len(expected)
    for name, message in expected.items():
        assert message in rows[name]["reason"]
        assert any(line.startswith(f"{printable(name)}: ") and message in line for line in lines)
    assert "\x1b" not in done.stderr.decode()


def test_reader_that_has_enough(page: Path) -> None:
    command = f'"{sys.executable}" -m boilerplate clean {"p.html " * 30}-f csv; echo "status $?" >&2'
    (page.parent / "p.html").write_text(PAGE * 20, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-c", f"( {command} ) | head -n 1"],
        cwd=page.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.decode().startswith("source,status,reason,")
    assert done.stderr.decode() == "status 0\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device here")
def test_standard_output_that_is_full(run: Run, page: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = run("clean", page, stdout=full)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("Error: Standard output cannot be written: No space left")


def test_closed_streams(page: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    for redirection, status, out in ((">&-", 2, b""), ("2>&-", 1, b""), ("<&-", 1, b"")):
        name = {">&-": "page.html", "2>&-": "missing.html", "<&-": "-"}[redirection]
        done = subprocess.run(
            ["bash", "-c", f'"{sys.executable}" -m boilerplate clean {name} {redirection}'],
            cwd=page.parent,
            env=env,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (status, out)
        assert b"Traceback" not in done.stderr
        assert b"unforeseen" not in done.stderr


def test_cleaning_does_not_import_what_training_needs(page: Path) -> None:
    script = (
        "import sys, boilerplate\nfrom boilerplate.cli import main\n"
        f"sys.argv = ['boilerplate', 'clean', {str(page)!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'sklearn', 'pandas', 'scipy', 'joblib', 'pyarrow', 'charset_normalizer'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


# --- in this process ----------------------------------------------------------------------------------------------


def test_every_option_has_help_and_every_command_an_example() -> None:
    group = typer.main.get_command(app)
    commands = dict(group.commands)  # type: ignore[attr-defined]
    assert {"clean", "label", "train", "evaluate"} <= set(commands)
    for name, command in commands.items():
        assert re.search(rf"Examples?:\n\n +.*boilerplate {name} ", command.help), name
        for parameter in command.params:
            if parameter.name != "help":
                assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_help_and_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert re.fullmatch(r"boilerplate \d+\.\d+\.\d+\n", capfd.readouterr().out)
    assert call("clean", "--help") == 0
    said = capfd.readouterr().out
    assert "Usage: boilerplate clean" in said
    # Values are named for what they are, not for their type.
    assert not re.search("<(str|int|float|path)", said)
    for group in ([], ["datasets"]):
        assert call(*group, "--help") == 0
        assert "..." not in capfd.readouterr().out.partition("Commands:")[2], "What a command does is cut short."


@pytest.mark.parametrize("suffix", ["txt", "markdown", "html", "json"])
def test_one_page_to_a_file_is_what_goes_to_standard_output(
    page: Path, suffix: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert call("clean", page, "-f", suffix) == 0
    out = capfdbinary.readouterr().out
    target = page.parent / "new" / "directory" / "result"
    assert call("clean", page, "-f", suffix, "-o", target) == 0
    assert target.read_bytes() == out
    assert capfdbinary.readouterr() == (b"", b"")


def test_page_of_which_nothing_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.html").write_text("<img src=x>", encoding="utf-8")
    assert call("clean", tmp_path / "a.html") == 0
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Nothing on this page is of the labels to keep.")


def test_page_that_failed_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "result.txt"
    target.write_text("earlier", encoding="utf-8")
    assert call("clean", tmp_path / "missing.html", "-o", target) == 1
    assert target.read_text(encoding="utf-8") == "earlier"


def test_files_in_a_directory(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    for path in (one / "a.html", one / "a.htm", one / "deep" / "v1.2.html", two / "A.HTML", two / "a-2.html"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE, encoding="utf-8")
    (one / "notes.txt").write_text("no page", encoding="utf-8")
    assert call("clean", one, two, "-f", "markdown", "-o", out) == 0
    found = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert len(found) == 5
    assert {"a.md", "a-2.md", "deep/v1.2.md"} <= set(found)
    assert len({name.casefold() for name in found}) == 5
    captured = capfd.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"5 of 5 pages cleaned; \d+\.\d pages a second\.\n", captured.err)


def test_no_output_leaves_its_directory(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "below")
    (tmp_path / "here" / "page.html").write_text(PAGE, encoding="utf-8")
    assert call("clean", "../../page.html", "../page.html", "..", page, "-o", "out") == 0
    found = list(tmp_path.rglob("*.txt"))
    assert len(found) == 4
    assert all(p.is_relative_to(tmp_path / "here" / "below" / "out") for p in found)


def test_directory_with_one_page_is_still_a_directory(page: Path, tmp_path: Path) -> None:
    assert call("clean", page.parent, "-o", tmp_path / "out") == 0
    assert (tmp_path / "out" / "page.txt").is_file()


def test_one_page_into_a_directory(page: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert call("clean", page, "-o", tmp_path / "out") == 0
    assert (tmp_path / "out" / "page.txt").is_file()


def test_page_whose_file_cannot_be_written_costs_no_other(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("a.html", "b.html"):
        (tmp_path / name).write_text(PAGE, encoding="utf-8")
    (tmp_path / "out" / "a.txt").mkdir(parents=True)
    assert call("clean", tmp_path / "a.html", tmp_path / "b.html", "-o", tmp_path / "out") == 1
    assert (tmp_path / "out" / "b.txt").is_file()
    err = capfd.readouterr().err
    assert "1 of 2 pages cleaned; 1 failed;" in err
    assert "a.txt cannot be written: Is a directory" in err


@pytest.mark.parametrize("output_format", ["jsonl", "csv", "json"])
def test_rows_of_pages(page: Path, output_format: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert call("clean", page, page.parent / "missing.html", "-f", output_format) == 1
    out = capfd.readouterr().out
    if output_format == "csv":
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
    else:
        rows = [json.loads(line) for line in out.splitlines()]
    more = ["notes", "items", "blocks"] if output_format == "json" else []
    assert [set(row) for row in rows] == [{*OUTCOME_COLUMNS, *more}] * 2
    assert output_format == "json" or [list(row) for row in rows] == [list(OUTCOME_COLUMNS)] * 2
    assert [row["status"] for row in rows] == ["ok", "unreadable"]
    assert rows[0]["title"] == "Tea and milk"
    assert not rows[1]["text"]


def test_row_of_one_page_is_like_those_of_many(page: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert call("clean", page, "-f", "jsonl") == 0
    alone = without_timings(capfd.readouterr().out)
    assert call("clean", page, page, "-f", "jsonl") == 0
    assert without_timings(capfd.readouterr().out) == alone * 2


def without_timings(lines: str) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in lines.splitlines()]
    assert all(row.pop(name) >= 0 for row in rows for name in TIMING_COLUMNS)
    return rows


def test_parquet(page: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "new" / "pages.parquet"
    assert call("clean", tmp_path / "missing.html", "-f", "parquet", "-o", target) == 1
    failed = parquet.read_table(target)
    assert failed.column_names == list(OUTCOME_COLUMNS)
    assert failed["status"].to_pylist() == ["unreadable"]
    assert call("clean", page, "-f", "parquet", "-o", target) == 0
    good = parquet.read_table(target)
    assert good.schema == failed.schema
    assert good["status"].to_pylist() == ["ok"]


def test_parquet_without_its_package(
    page: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert call("clean", page, "-f", "parquet", "-o", page.parent / "x.parquet") == 2
    assert "pip install 'boilerplate[parquet]'" in capfd.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable to root")
def test_unreadable_file_and_directory(page: Path, capfd: pytest.CaptureFixture[str]) -> None:
    closed = page.parent / "closed"
    closed.mkdir()
    (page.parent / "secret.html").write_text(PAGE, encoding="utf-8")
    (page.parent / "secret.html").chmod(0)
    closed.chmod(0)
    try:
        assert call("clean", page.parent) == 1
    finally:
        closed.chmod(stat.S_IRWXU)
    err = capfd.readouterr().err
    assert "secret.html: The file cannot be read: Permission denied." in err
    assert "closed: The directory cannot be read: Permission denied." in err


def test_label_shows_every_block(page: Path, capfd: pytest.CaptureFixture[str]) -> None:
    blocks = len(label(PAGE).blocks)
    assert call("label", page) == 0
    table = capfd.readouterr().out.splitlines()
    assert len(table) == blocks + 2
    assert call("label", page, page, "-f", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capfd.readouterr().out, newline="")))
    assert list(rows[0]) == ["source", *BLOCK_COLUMNS]
    assert len(rows) == 2 * blocks
    assert call("label", page, "-f", "json") == 0
    assert len(json.loads(capfd.readouterr().out)["blocks"]) == blocks
    assert call("label", page, page, "-f", "json") == 0
    lines = capfd.readouterr().out.splitlines()
    assert [len(json.loads(line)["blocks"]) for line in lines] == [blocks] * 2
    assert call("label", page, "-f", "jsonl", "--only", "chrome", "-o", "-") == 0
    assert {json.loads(line)["label"] for line in capfd.readouterr().out.splitlines()} <= {"chrome"}


def test_label_names_pages_that_failed(page: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (page.parent / "z\nz.html").write_bytes(b"")
    assert call("label", page.parent, "-f", "csv") == 1
    captured = capfd.readouterr()
    assert captured.out.startswith("source,block,label,")
    assert "z\\nz.html: The page is empty" in captured.err


def test_pipe_as_a_file(page: Path, run: Run) -> None:
    if not shutil.which("mkfifo"):
        pytest.skip("there are no named pipes here")
    fifo = page.parent / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["bash", "-c", f'cat "{page}" > "{fifo}"']):
        done = run("clean", fifo, page, "--jobs", "2", "-f", "jsonl")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_model_of_ones_own(page: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_model().save(page.parent / "own.safetensors")
    assert call("clean", page) == 0
    default = capfd.readouterr().out
    assert call("clean", page, "-m", page.parent / "own.safetensors") == 0
    assert capfd.readouterr().out == default
