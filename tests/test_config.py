"""Options from files, and those of `clean`, through the real entry point."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from conftest import PAGE, Run

RICH = PAGE.replace(
    "<footer>",
    "<main><p>A long sentence with <a href='/milk'>a link to milk</a> that the main text of this page has as well.</p>"
    "</main><footer>",
).replace("<title>", "<meta name=author content='Ada Byron'><meta name=date content='2024-05-06'><title>")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(RICH, encoding="utf-8")
    return path


def test_options_of_a_file(run: Run, page: Path, tmp_path: Path) -> None:
    config = tmp_path / "options.toml"
    config.write_text('output-format = "markdown"\n[clean]\nno-links = true\n[label]\nonly = ["article"]\n', "utf-8")
    done = run("clean", page, "--config", config)
    assert done.returncode == 0, done.stderr
    assert "# Tea and milk" in done.stdout.decode()
    assert "](" not in done.stdout.decode()
    # The command line wins.
    assert "](" in run("clean", page, "--config", config, "--links").stdout.decode()
    assert "# " not in run("clean", page, "--config", config, "-f", "txt").stdout.decode()


def test_table_of_pyproject(run: Run, page: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.boilerplate]\noutput_format = "json"\n', encoding="utf-8")
    assert json.loads(run("clean", "page.html", cwd=tmp_path).stdout)["title"] == "Tea and milk"
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nx = 1\n", encoding="utf-8")
    assert run("clean", "page.html", cwd=tmp_path).stdout.startswith(b"Tea")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kepe = ["feed"]', "unknown option 'kepe'. Did you mean 'keep'?"),
        ('[clean]\noutput-fromat = "json"', "Did you mean 'output-format'?"),
        ("zzz = 1", "Options here are "),
        ("images = 3", "'images' cannot be 3. Give true or false."),
        ("keep = {a = 1}", "Give a list of texts"),
        ("keep", "is no TOML"),
        ('keep = ["advert"]', "'advert' is no label"),
    ],
)
def test_wrong_options(run: Run, page: Path, tmp_path: Path, text: str, message: str) -> None:
    config = tmp_path / "options.toml"
    config.write_text(text, encoding="utf-8")
    done = run("clean", page, "--config", config)
    assert done.returncode == 2
    assert done.stdout == b""
    assert message in done.stderr.decode()


def test_missing_file(run: Run, page: Path) -> None:
    done = run("clean", page, "--config", "nowhere.toml")
    assert done.returncode == 2
    assert "cannot be read" in done.stderr.decode()


def test_metadata(run: Run, page: Path, tmp_path: Path) -> None:
    text = run("clean", page, "--with-metadata").stdout.decode()
    assert text.startswith('---\ntitle: "Tea and milk"\nauthors: ["Ada Byron"]\npublished: "2024-05-06"\n')
    record = json.loads(run("clean", page, "--with-metadata", "-f", "json").stdout)
    assert record["metadata"]["sources"]["authors"] == "meta"
    (row,) = csv.DictReader(io.StringIO(run("clean", page, "--with-metadata", "-f", "csv").stdout.decode()))
    assert (row["authors"], row["published"]) == ("Ada Byron", "2024-05-06")
    html = run("clean", page, "--with-metadata", "-f", "html").stdout.decode()
    assert '<meta name="author" content="Ada Byron">' in html
    done = run("clean", page, "--with-metadata", "-f", "parquet", "-o", tmp_path / "x.parquet")
    assert done.returncode == 0, done.stderr


def test_base_start_imports_no_library_for_metadata(page: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nsys.argv = ['boilerplate', 'clean', sys.argv[1]]\nfrom boilerplate.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "found = {'htmldate', 'dateparser', 'tomllib', 'boilerplate.metadata'} & set(sys.modules)\n"
        "assert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code, str(page)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
