"""The benchmark: what each extractor does stays its own, and figures are what their definitions say."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import PAGE, ROOT, Run
from lxml import html as lxml_html
from quick_training import QUICK

from boilerplate import Model, clean
from boilerplate.benchmark import environments
from boilerplate.benchmark.child.runner import plain_text
from boilerplate.benchmark.environments import PeerUnavailableError, find_interpreter
from boilerplate.benchmark.figures import Benchmark, differences, failure_figures, quality_figures, speed_figures
from boilerplate.benchmark.material import prepare, sample_pages
from boilerplate.benchmark.own import from_folds, from_predictions
from boilerplate.benchmark.peers import BASELINE, OURS, PEERS, REFERENCE, Peer, choose_peers
from boilerplate.benchmark.process import PeerProcess, PeerStartError, Request
from boilerplate.benchmark.run import Candidate, Measured, measure
from boilerplate.cli.benchmark import read_run
from boilerplate.dataset import read_dataset
from boilerplate.errors import DatasetError, UsageError
from boilerplate.training.corpus import read_corpus
from boilerplate.training.evaluation import predict_given
from boilerplate.training.metrics import word_f1
from boilerplate.training.predictions import save_predictions

OWN = ROOT / "datasets" / "own"
HERE = Path(sys.executable)

ADAPTERS = {
    # Works, and talks where it should not.
    "chatty": "print('hello'); import sys; sys.stderr.write('x' * 100_000); return page.text",
    "crashing": "import os; os.kill(os.getpid(), 11) if b'MARK' in page.html else None; return page.text",
    "leaving": "import os; os._exit(3) if b'MARK' in page.html else None; return page.text",
    "hanging": "import time\n    while b'MARK' in page.html: time.sleep(.01)\n    return page.text",
    "raising": "if b'MARK' in page.html: raise ValueError('no such\\nluck')\n    return page.text",
    "quitting": "if b'MARK' in page.html: raise SystemExit\n    return page.text",
    "silent": "return None if b'MARK' in page.html else page.text",
    "wrong": "return 5 if b'MARK' in page.html else page.text",
    "greedy": "if b'MARK' in page.html: bytearray(1 << 42)\n    return page.text",
}


def adapter(directory: Path, name: str) -> Peer:
    """An extractor that gives the page's text, but for one page."""
    path = directory / f"{name}.py"
    path.write_text(
        f"OUTPUT = 'html'\n\ndef load(options):\n    return extract\n\ndef extract(page):\n    {ADAPTERS[name]}\n"
    )
    return Peer(name, path)


def request(text: str) -> Request:
    return Request(text.encode(), text)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six of the own pages: the first has a written main text, the second snippets, the others labels alone."""
    root = tmp_path_factory.mktemp("few") / "few-pages"
    lines = (OWN / "pages.jsonl").read_text(encoding="utf-8").splitlines()[:6]
    for part in ("html", "labels", "main_text"):
        (root / part).mkdir(parents=True)
    ids = [json.loads(line)["id"] for line in lines]
    for name in ids:
        shutil.copy(OWN / "html" / f"{name}.html", root / "html")
        shutil.copy(OWN / "labels" / f"{name}.json", root / "labels")
    page = root / "html" / f"{ids[3]}.html"
    page.write_text(page.read_text(encoding="utf-8") + "<!-- MARK -->", encoding="utf-8")
    (root / "main_text" / f"{ids[0]}.json").write_text(json.dumps({"main_content": "Some words of gold."}))
    (root / "main_text" / f"{ids[1]}.json").write_text(json.dumps({"with": ["a"], "without": ["no such words"]}))
    (root / "pages.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("crashing", "crash", "SIGSEGV"),
        ("leaving", "crash", "exit status 3"),
        ("hanging", "timeout", "stopped after 1 s"),
        ("raising", "exception", "ValueError: no such luck"),
        ("quitting", "exception", "SystemExit"),
        ("silent", "empty", "no text"),
        ("wrong", "exception", "gave int"),
        ("greedy", "exception", "MemoryError"),
    ],
)
def test_a_failure_costs_its_page_only(tmp_path: Path, name: str, kind: str, reason: str) -> None:
    with PeerProcess(adapter(tmp_path, name), HERE, memory_limit=1 << 30) as process:
        before = process.extract(request("<p>one</p>"), 20)
        failed = process.extract(request("<p>MARK</p>"), 1 if kind == "timeout" else 20)
        after = process.extract(request("<p>two</p>"), 20)
    assert (before.kind, before.text, after.kind, after.text) == ("ok", "one", "ok", "two")
    assert failed.kind == kind
    assert reason in failed.reason
    assert failed.text == ""
    assert (failed.cpu is None) == (kind == "crash")


def test_what_an_extractor_prints_does_not_come_between(tmp_path: Path) -> None:
    with PeerProcess(adapter(tmp_path, "chatty"), HERE) as process:
        texts = [process.extract(request(f"<p>{i}</p>"), 20).text for i in range(30)]
    assert texts == [str(i) for i in range(30)]


def test_a_process_and_what_it_started_are_ended(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(
        "import subprocess, sys, time\n"
        "def load(options):\n    return extract\n"
        "def extract(page):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"    open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "    time.sleep(60)\n"
    )
    with PeerProcess(Peer("parent", tmp_path / "parent.py"), HERE) as process:
        assert process.extract(request("<p>one</p>"), 2).kind == "timeout"
    child = int((tmp_path / "pid").read_text())
    status = Path(f"/proc/{child}/stat")
    # A signal takes its time, and then it may be there until its new parent has looked; but it does not run.
    for _ in range(100):
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("what the process started goes on")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_package_here", "ModuleNotFoundError"),
        ("def load(options):\n    raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import os; os._exit(7)", "exit status 7"),
        ("x = 1", "AttributeError"),
    ],
)
def test_an_extractor_that_does_not_start_says_why(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "broken.py").write_text(source)
    with (
        PeerProcess(Peer("broken", tmp_path / "broken.py"), HERE) as process,
        pytest.raises(PeerStartError, match=said),
    ):
        process.start()
    with PeerProcess(OURS, tmp_path / "no-python") as process, pytest.raises(PeerStartError, match="cannot be run"):
        process.start()


def test_visible_text_is_what_a_reader_sees() -> None:
    page = (
        "<html><head><title>no</title><style>no</style></head><body>One <b>and</b> two<p>three</p>four"
        "<script>no</script><div hidden>no</div><div style='display: none'>no<p>no</p></div>five<br>six<!-- no -->seven"
        "<noscript>no</noscript><ul><li>8</li><li>9</li></ul></body></html>"
    )
    assert plain_text(page) == "One and two\nthree\nfour\nfive\nsixseven\n8\n9"
    assert plain_text("") == plain_text("  \n") == plain_text("<p>") == ""
    assert plain_text("日本語\udcff") == "日本語?"
    assert plain_text("<div>" * 3000 + "deep").endswith("deep") or plain_text("<div>" * 3000 + "deep") == ""


@pytest.mark.parametrize("peer", [BASELINE, OURS, REFERENCE, *PEERS], ids=lambda p: p.name)
def test_extractors_that_are_here_give_the_article(peer: Peer, tmp_path: Path) -> None:
    try:
        interpreter = find_interpreter(peer, {}, install=False, cache=tmp_path)
    except PeerUnavailableError as error:
        pytest.skip(str(error))
    long = PAGE.replace(
        "</main>", "<p>" + "More about tea, of which there is much to say to anybody. " * 20 + "</p></main>"
    )
    with PeerProcess(peer, interpreter) as process:
        ready = process.start()
        outcome = process.extract(Request(long.encode(), long, "https://tea.example/milk", "en"), 60)
    assert ready["versions"]
    assert outcome.kind == "ok", outcome.reason
    assert outcome.cpu is not None
    assert outcome.cpu > 0
    assert outcome.peak is None or outcome.peak > 5_000_000
    if peer is not REFERENCE:
        assert "cups of thin china were said to crack" in outcome.text


def rows(*figures: tuple[float | None, float], kind: str = "ok") -> list[dict[str, object]]:
    return [
        {"kind": kind, "reason": "", "cpu": cpu, "wall": cpu, "parse_cpu": parse, "f1": 0.5} for cpu, parse in figures
    ]


def test_ratios_by_hand() -> None:
    speed = speed_figures(Measured("", {}, rows((0.01, 0.001), (0.04, 0.002), (None, 0.001), (0.06, 0.002)), None, 1))
    assert speed["pages"] == 3
    assert speed["ratio"] == pytest.approx({"median": 20, "mean": 20, "p95": 29})
    assert speed["cpu"]["mean"] == pytest.approx(0.11 / 3)
    assert speed["total_ratio"] == pytest.approx(0.11 / 0.005)
    assert speed_figures(Measured("", {}, rows((None, 0.001)), None, 1)) == {}


def test_quality_counts_a_failed_page_as_an_empty_text(few: Path, tmp_path: Path) -> None:
    material, failed = prepare(read_dataset(few))
    assert failed == []
    assert [m.gold_kind for m in material] == ["main text", "", "labels", "labels", "labels", "labels"]
    run = {
        name: measure(Candidate(peer, HERE), Candidate(REFERENCE, HERE), material, timeout=20)
        for name, peer in (("silent", adapter(tmp_path, "silent")), (OURS.name, BASELINE))
    }
    silent, visible = run["silent"], run[OURS.name]
    assert silent.rows[3]["f1"] == 0.0
    for i, (a, b) in enumerate(zip(silent.rows, visible.rows, strict=True)):
        assert a["parse_cpu"] > 0
        if i != 3 and "f1" in b:
            assert (
                a["f1"]
                == b["f1"]
                == pytest.approx(word_f1(plain_text(material[i].request().text), material[i].gold)[2])
            )
    figures = quality_figures(material, silent)
    assert figures["main_text"]["pages"] == 1
    assert figures["article"]["f1"] == pytest.approx(sum(r["f1"] for r in silent.rows[2:]) / 4)
    assert (
        figures["snippets"]["few-pages" if material[1].page.source == "few-pages" else material[1].page.source]["with"]
        == 1
    )
    assert {g["by"] for g in figures["groups"]} == {"page_type", "lang", "source"}
    assert failure_figures(material, silent)["counts"] == {"crash": 0, "timeout": 0, "exception": 0, "empty": 1}
    found = [d for d in differences(material, run) if d["figure"].startswith("article")]
    assert [d["peer"] for d in found] == ["silent"]
    assert found[0]["difference"] == pytest.approx(visible.rows[3]["f1"] / 4)
    assert found[0]["sites"] == 4


def test_a_sample_is_the_same_each_time(few: Path) -> None:
    pages = read_dataset(few)
    assert sample_pages(pages, 0, 1) == sample_pages(pages, 99, 1) == pages
    drawn = sample_pages(pages, 3, 1)
    assert len(drawn) == 3
    assert drawn == sample_pages(pages, 3, 1) == sorted(drawn, key=pages.index)
    assert drawn != sample_pages(pages, 3, 2)


def test_peers_by_name() -> None:
    assert [p.name for p in choose_peers(["Trafilatura", " jusText", "visible-text"])] == ["trafilatura", "justext"]
    assert choose_peers(["none"]) == []
    assert choose_peers(None) == list(PEERS)
    for names in (["trafilatura", "trafilatura"], ["no-such-thing"], ["no-such-file.py"]):
        with pytest.raises(UsageError):
            choose_peers(names)


def wheel(directory: Path) -> Path:
    """A package that holds an extractor, as pip takes it."""
    path = directory / "tinyextractor-1.5-py3-none-any.whl"
    files = {
        "tinyextractor.py": "def text(page):\n    return 'tiny ' + page.text\n",
        "tinyextractor-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: tinyextractor\nVersion: 1.5\n",
        "tinyextractor-1.5.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        record = "".join(f"{name},,\n" for name in [*files, "tinyextractor-1.5.dist-info/RECORD"])
        archive.writestr("tinyextractor-1.5.dist-info/RECORD", record)
    return path


@pytest.mark.slow
def test_an_environment_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(
        "DISTRIBUTIONS = ('tinyextractor',)\ndef load(options):\n    from tinyextractor import text\n    return text\n"
    )
    peer = Peer("tiny", tmp_path / "tiny.py", (str(wheel(tmp_path)),))
    with pytest.raises(PeerUnavailableError, match="--install"):
        find_interpreter(peer, {}, install=False, cache=tmp_path / "cache")
    interpreter = find_interpreter(peer, {}, install=True, cache=tmp_path / "cache")
    assert interpreter != HERE
    # Once made it is found again, without leave to install.
    assert find_interpreter(peer, {}, install=False, cache=tmp_path / "cache") == interpreter
    with PeerProcess(peer, interpreter) as process:
        assert process.start()["versions"] == {"tinyextractor": "1.5"}
        assert process.extract(request("<p>one"), 20).text == "tiny <p>one"
    missing = Peer("missing", tmp_path / "tiny.py", (str(tmp_path / "no-such-1.0-py3-none-any.whl"),))
    with pytest.raises(PeerUnavailableError, match="cannot be installed"):
        find_interpreter(missing, {}, install=True, cache=tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_an_interpreter_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    future = Peer("future", tmp_path / "x.py", ("no-such-distribution",), ((3, 19), (3, 19)))
    with pytest.raises(PeerUnavailableError, match=r"needs Python 3\.19, and there is none"):
        find_interpreter(future, {}, install=True, cache=tmp_path)
    # A command that says that it is not set up is no interpreter.
    stub = tmp_path / "python3.19"
    stub.write_text("#!/bin/sh\nexit 127\n")
    stub.chmod(0o755)
    with pytest.raises(PeerUnavailableError, match="there is none"):
        find_interpreter(future, {}, install=True, cache=tmp_path)
    assert find_interpreter(future, {"future": HERE}, install=False, cache=tmp_path) == HERE


def test_command(few: Path, tmp_path: Path, run: Run) -> None:
    names = ["hanging", "crashing", "raising"]
    against = ",".join(str(adapter(tmp_path, name).adapter) for name in names)
    (tmp_path / "broken.py").write_text("import no_such_package_here")
    results = tmp_path / "run.json"
    done = run(
        *("benchmark", few, "--against", f"{against},{tmp_path / 'broken.py'}"),
        *("--timeout", "1.5", "-f", "json", "-o", results),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert b"broken is left out: ModuleNotFoundError" in done.stderr
    told = json.loads(results.read_text(encoding="utf-8"))
    table = {row["name"]: row for row in told["rows"]}
    assert list(table) == ["boilerplate", "visible-text", *names, "broken"]
    assert table["broken"]["status"] == "left out"
    kinds = {"hanging": "timeout", "crashing": "crash", "raising": "exception"}
    for name, kind in kinds.items():
        assert table[name]["failures"]["counts"] == dict.fromkeys(("crash", "timeout", "exception", "empty"), 0) | {
            kind: 1
        }
        assert table[name]["speed"]["pages"] == (5 if kind == "crash" else 6)
        assert table[name]["quality"]["article"]["pages"] == 4
        assert table[name]["starts"] == (1 if kind == "exception" else 2)
    assert sum(table["boilerplate"]["failures"]["counts"].values()) == 0
    ours, visible = (table[name]["quality"]["article"] for name in ("boilerplate", "visible-text"))
    assert ours["f1"] > visible["f1"]
    assert ours["f1_interval"][0] <= ours["f1"] <= ours["f1_interval"][1]
    assert table["boilerplate"]["cold_start"]["cpu"] > table["visible-text"]["cold_start"]["cpu"] > 0
    assert table["boilerplate"]["peak_memory"] > table["visible-text"]["peak_memory"]
    assert told["run"]["machine"]["cores"] == os.cpu_count()
    assert {"boilerplate", "lxml", "numpy"} <= set(table["boilerplate"]["versions"])
    assert Benchmark.from_dict(told).to_dict() == told
    # The default model was trained on these pages or says nothing about it: either is said.
    assert any("trained on" in note for note in told["run"]["notes"])

    done = run("benchmark", "--from", results)
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "broken is left out: ModuleNotFoundError" in text
    assert "raising, exception, 1 times, first on" in text
    assert told["run"]["machine"]["processor"] in text
    done = run("benchmark", "--from", results, "-f", "html")
    page = lxml_html.fromstring(done.stdout.decode())
    assert not page.xpath("//script | //link | //img | //*[@src] | //iframe | //@onload")
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    said = page.text_content()
    for row in told["rows"]:
        assert row["name"] in said
    assert page.xpath("//svg//circle")
    assert f"{ours['f1']:.3f}" in said
    # Texts of pages stay where they are.
    words = plain_text((few / "html" / f"{told['pages'][0]['id']}.html").read_text(encoding="utf-8")).split("\n")
    longest = max(words, key=len)
    assert longest not in results.read_text(encoding="utf-8")
    assert longest not in said


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="interrupts it as a terminal does")
def test_a_run_that_is_cut_off_leaves_what_it_has(few: Path, tmp_path: Path) -> None:
    results = tmp_path / "out" / "run.json"
    command = ("benchmark", few, "--against", adapter(tmp_path, "hanging").adapter, "--timeout", "300")
    with subprocess.Popen(
        [sys.executable, "-m", "boilerplate", *map(os.fspath, command), "-f", "json", "-o", results],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        for _ in range(2400):
            if results.exists() and len(read_run(results).rows) == 2:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(60) == 130
        finally:
            process.kill()
    told = read_run(results)
    assert [row.name for row in told.rows] == ["boilerplate", "visible-text"]
    assert all(row.quality["article"]["pages"] == 4 for row in told.rows)
    assert set(told.pages[0]["extractors"]) == {"boilerplate", "visible-text"}


def test_out_of_fold_texts_are_what_clean_would_write(few: Path, tmp_path: Path, run: Run, model: Model) -> None:
    pages = read_dataset(few)
    examples, _ = read_corpus(pages)
    predictions, _ = predict_given(model, examples)
    kept = tmp_path / "kept.safetensors"
    save_predictions(kept, examples, predictions, {"kind": "out of fold by site", "folds": 7})
    own = from_predictions(kept, pages)
    assert own.texts == {p.id: clean(p.read_html(), url=p.url or None, model=model) for p in pages}
    done = run("benchmark", few, "--against", "none", "-f", "json", "-j", "1", "--predictions", kept)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["run"]["protocol"] == "out of fold by site, 7 folds"
    gold = {m.page.id: m.gold for m in prepare(pages)[0]}
    for page in told["pages"]:
        if gold[page["id"]] is not None:
            expected = word_f1(own.texts[page["id"]], gold[page["id"]])[2]
            assert page["extractors"]["boilerplate"]["f1"] == pytest.approx(expected)


@pytest.mark.slow
def test_folds(few: Path) -> None:
    pages = read_dataset(few)
    own = from_folds(pages, pages[:3], folds=2, settings=QUICK)
    assert own.protocol == "out of fold by site, 2 folds"
    assert set(own.texts or ()) == {page.id for page in pages[:3]}
    assert any((own.texts or {}).values())


def test_speed_needs_no_gold(few: Path, tmp_path: Path, run: Run) -> None:
    root = tmp_path / "pages"
    shutil.copytree(few, root)
    for part in ("labels", "main_text"):
        shutil.rmtree(root / part)
    done = run("benchmark", root, "--speed", "--against", "none")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[3].split() == ["CPU", "time", "in", "lxml", "parses", "pages", "median", "mean", "p95", "total"]
    ours, visible = (dict(zip(lines[3].split()[5:], map(float, line.split()[1:]), strict=True)) for line in lines[4:6])
    assert ours["pages"] == 6
    assert ours["median"] > visible["median"] > 1
    done = run("benchmark", root, "--against", "none")
    assert done.returncode == 1
    assert b"No page has gold" in done.stderr


def test_pages_that_cannot_be_used_are_named(few: Path, tmp_path: Path, run: Run) -> None:
    root = tmp_path / "pages"
    shutil.copytree(few, root)
    ids = [json.loads(line)["id"] for line in (root / "pages.jsonl").read_text(encoding="utf-8").splitlines()]
    shutil.copy(root / "html" / f"{ids[4]}.html", root / "html" / f"{ids[5]}.html")
    done = run("benchmark", root, "--against", "none", "-o", tmp_path / "table.txt")
    assert done.returncode == 1
    assert f"{ids[5]}: left out: ".encode() in done.stderr
    assert (tmp_path / "table.txt").read_text(encoding="utf-8").splitlines()[1].startswith("5 pages")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "No dataset is given"),
        ((OWN, "--against", "nothing-known"), "is no extractor"),
        ((OWN, "--folds", "1"), "--folds 2 or more"),
        ((OWN, "--folds", "2", "--speed"), "Only one of"),
        ((OWN, "--python", "trafilatura"), "NAME=PATH"),
        ((OWN, "--python", "trafilatura=/no/such/python"), "is not there"),
        ((OWN, "--from", "run.json"), "Leave one out"),
        (("--from", "no-such-run.json"), "cannot be read"),
        ((OWN, "-f", "xml"), "--output-format"),
    ],
)
def test_wrong_usage(run: Run, arguments: Sequence[str | Path], said: str) -> None:
    done = run("benchmark", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr.decode()
    assert done.stdout == b""


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 1, "rows": [], "differences": [], "pages": []}', "\xff"])
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="latin-1")
    with pytest.raises(DatasetError, match="is no run of a benchmark"):
        read_run(tmp_path / "run.json")


def test_a_run_with_parts_of_another_kind_is_refused(tmp_path: Path, run: Run) -> None:
    row = {"name": "x", "quality": {"main_text": {"pages": "many"}}}
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"run": {"date": "now"}, "rows": [row], "differences": [], "pages": []}))
    done = run("benchmark", "--from", path)
    assert done.returncode == 1
    assert "is no run of a benchmark" in done.stderr.decode()


def test_only_what_has_no_wheel_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(environments, "_call", commands.append)
    for name in ("goose3", "boilerpy3"):
        (peer,) = choose_peers([name])
        environments._make_environment(peer, Path(sys.executable), tmp_path / name)
    installs = [command[command.index("install") + 1 :] for command in commands if "install" in command]
    assert installs == [
        ["--quiet", "--only-binary", ":all:", "--no-binary", "langdetect", "goose3", "lxml_html_clean"],
        ["--quiet", "--only-binary", ":all:", "boilerpy3"],
    ]
