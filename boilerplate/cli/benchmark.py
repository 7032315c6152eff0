"""``boilerplate benchmark``: this package against other extractors on the same pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boilerplate.cli.options import Labels, ModelFile, Output, TableJsonHtmlFormat, check_predictions
from boilerplate.cli.output import report_failures, say, to_path, write_output
from boilerplate.cli.places import check_place, choose_format
from boilerplate.cli.progress import progress_bar
from boilerplate.errors import BoilerplateError, DatasetError, UsageError
from boilerplate.files import printable, replace_file, system_reason, unwritable
from boilerplate.input_format import HTML
from boilerplate.output.records import json_text

if TYPE_CHECKING:
    from rich.progress import Progress

    from boilerplate.benchmark.benchmarking import OwnTexts
    from boilerplate.benchmark.figures import Benchmark
    from boilerplate.benchmark.peers import Peer
    from boilerplate.dataset import DatasetPage

__all__ = ["benchmark", "read_run"]

_CHOICES = ("table", "json", "html")
#: Pages that --speed measures.
_SPEED_PAGES = 500


def benchmark(
    datasets: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DATASET...", help="Directories with pages.jsonl, html/ and gold."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="NAMES",
            help="Extractors with commas between them, or adapters (.py files); none for this package alone. All that "
            "are known if left out.",
        ),
    ] = None,
    labels: Labels = None,
    model: ModelFile = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions",
            metavar="FILE",
            help="Measure our quality by these, which evaluate --folds --save-predictions wrote: out of fold.",
        ),
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            "--folds", metavar="N", min=0, help="Measure our quality out of fold by site: train in this many folds."
        ),
    ] = 0,
    speed: Annotated[
        bool, typer.Option("--speed", help="CPU time alone, as ratios to a parse by lxml; no gold is needed.")
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", metavar="N", min=0, help=f"Pages drawn at random; 0 for all. [all; {_SPEED_PAGES} with --speed]"
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Decides which pages are drawn, and folds.")
    ] = 0,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Wall time for a page.")
    ] = 30.0,
    max_memory: Annotated[
        int,
        typer.Option("--max-memory", metavar="MB", min=0, help="Address space for each extractor; 0 for any."),
    ] = 4096,
    python: Annotated[
        list[str] | None,
        typer.Option(
            "--python", metavar="NAME=PATH", help="Interpreter that has an extractor installed; may be repeated."
        ),
    ] = None,
    install: Annotated[
        bool,
        typer.Option("--install", help="Install missing extractors, each into an environment of its own, with pip."),
    ] = False,
    environments: Annotated[
        Path | None,
        typer.Option(
            "--environments", metavar="DIR", help="Where these are kept. [boilerplate/peers in the cache directory]"
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Report on a run that -f json wrote; measure nothing."),
    ] = None,
    output: Output = None,
    output_format: TableJsonHtmlFormat = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", metavar="N", min=0, help="Processes for reading and training before; 0 for all cores."
        ),
    ] = 0,
) -> None:
    """Compare quality, CPU time, memory and failures with other extractors on the same pages.

    Each extractor runs in a process of its own, in its own environment where it needs one; a page on which it crashes
    or hangs costs that page. Extractors that cannot be run are left out, and the report says why.

    The figures of a model on pages it was trained on say little: give --predictions or --folds.

    Examples:

      boilerplate benchmark my-pages/ --against trafilatura,resiliparse --folds 5

      boilerplate benchmark my-pages/ --install --predictions kept.safetensors -f json -o run.json

      boilerplate benchmark --from run.json -f html -o run.html

      boilerplate benchmark my-pages/ --speed --against none
    """
    output_format = choose_format(output_format, output, _CHOICES, "table")
    check_place(output)
    failed: list[tuple[str, str]] = []
    if results is not None:
        if datasets:
            raise UsageError("--from reports on a run that is there, so no dataset can be given too. Leave one out.")
        result = read_run(results)
    else:
        if not datasets:
            raise UsageError("No dataset is given. Name a directory with pages.jsonl, html/ and gold, or --from FILE.")
        if sum(map(bool, (folds, predictions, speed))) > 1:
            raise UsageError("Only one of --folds, --predictions and --speed can be given. Leave the others out.")
        if folds == 1:
            raise UsageError("One fold leaves nothing to train on. Give --folds 2 or more.")
        check_predictions(predictions)
        from boilerplate.benchmark.peers import choose_peers

        peers = choose_peers(None if against is None else against.split(","))
        result, failed = _run(
            datasets,
            labels,
            peers,
            pythons=_pythons(python or [], peers),
            model=model,
            predictions=predictions,
            folds=folds,
            speed=speed,
            sample=_SPEED_PAGES if sample is None and speed else sample or 0,
            seed=seed,
            timeout=timeout,
            memory_limit=max_memory * 1024 * 1024,
            install=install,
            environments=environments,
            jobs=jobs,
            kept=to_path(output) if output_format == "json" else None,
        )
    try:
        text = _written(result, output_format)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        if results is None:
            raise
        raise _no_run(results) from error
    write_output(output, text)
    report_failures(failed)


def _run(
    datasets: Sequence[Path],
    labels: Path | None,
    peers: Sequence[Peer],
    *,
    pythons: dict[str, Path],
    model: Path | None,
    predictions: Path | None,
    folds: int,
    speed: bool,
    sample: int,
    seed: int,
    timeout: float,
    memory_limit: int,
    install: bool,
    environments: Path | None,
    jobs: int,
    kept: Path | None,
) -> tuple[Benchmark, list[tuple[str, str]]]:
    from boilerplate.benchmark.benchmarking import OwnTexts, Plan, run_benchmark
    from boilerplate.benchmark.environments import cache_directory
    from boilerplate.benchmark.material import check_gold, prepare, sample_pages
    from boilerplate.benchmark.process import PeerStartError
    from boilerplate.dataset import read_datasets
    from boilerplate.model.choice import check_fits
    from boilerplate.model.model import load_model

    check_fits(load_model(model), HTML)  # before time is spent
    pages = read_datasets(datasets, labels)
    drawn = sample_pages(pages, sample, seed)
    with progress_bar() as bar:
        reading = bar.add_task("pages", total=len(drawn))
        material, failed = prepare(drawn, progress=lambda done: bar.update(reading, completed=done))
        if not speed:
            check_gold(material)
        own = (
            OwnTexts("")
            if speed
            else _own_texts(pages, [m.page for m in material], model, predictions, folds, seed, jobs, bar)
        )
        tasks = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done)

        plan = Plan(
            peers=peers,
            model=model,
            own=own,
            pythons=pythons,
            install=install,
            cache=environments or cache_directory(),
            timeout=timeout,
            memory_limit=memory_limit,
            speed_only=speed,
        )
        settings = {
            "datasets": [printable(d.resolve().name) for d in datasets],
            "sample": len(drawn) if len(drawn) < len(pages) else 0,
            "seed": seed,
        }

        def keep(result: Benchmark) -> None:
            # A run takes long: one that is cut off leaves what it has.
            if kept is not None:
                try:
                    replace_file(kept, json_text(result.to_dict()).encode("utf-8"))
                except (OSError, ValueError) as error:
                    raise BoilerplateError(unwritable(kept, error)) from error

        try:
            result = run_benchmark(material, plan, settings=settings, progress=show, keep=keep)
        except PeerStartError as error:
            raise BoilerplateError(f"The benchmark cannot be run: {error}.") from error
    for row in result.rows:
        if row.status != "measured":
            say(f"{row.name} is left out: {printable(row.reason)}.")
    return result, [(name, f"left out: {reason}") for name, reason in failed]


def _own_texts(
    pages: Sequence[DatasetPage],
    measured: Sequence[DatasetPage],
    model: Path | None,
    predictions: Path | None,
    folds: int,
    seed: int,
    jobs: int,
    bar: Progress,
) -> OwnTexts:
    from boilerplate.benchmark.own import from_folds, from_model, from_predictions
    from boilerplate.training.trainer import Settings

    if not folds and predictions is None:
        return from_model(model, measured)
    task = bar.add_task("own texts", total=None)

    def show(text: str, done: int, total: int) -> None:
        bar.update(task, description=text, completed=done, total=total)

    if predictions is not None:
        return from_predictions(
            predictions, measured, jobs=jobs or -1, progress=lambda done: show("own texts", done, len(measured))
        )
    return from_folds(pages, measured, folds=folds, settings=Settings(seed=seed), jobs=jobs or -1, progress=show)


def _pythons(given: Sequence[str], peers: Sequence[Peer]) -> dict[str, Path]:
    names = {peer.name for peer in peers}
    found = {}
    for text in given:
        name, _, path = text.partition("=")
        if name.lower() not in names or not path:
            known = f"Give NAME=PATH, with one of {', '.join(sorted(names))}." if names else "Leave it out."
            raise UsageError(f"--python {text} names no extractor of this run. {known}")
        if not Path(path).is_file():
            raise UsageError(f"--python {text}: {path} is not there. Give the path of an interpreter.")
        found[name.lower()] = Path(path).absolute()
    return found


def read_run(path: Path) -> Benchmark:
    """Read a run that ``-f json`` wrote.

    Raises
    ------
    UsageError
        If the file cannot be read.
    DatasetError
        If it holds something else.
    """
    from boilerplate.benchmark.figures import Benchmark

    try:
        return Benchmark.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {system_reason(error)}. Name a file that benchmark -f json wrote."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_run(path) from error


def _no_run(path: Path) -> DatasetError:
    return DatasetError(f"{path} is no run of a benchmark. Make it with: boilerplate benchmark … -f json")


def _written(result: Benchmark, output_format: str) -> str:
    if output_format == "json":
        return json_text(result.to_dict())
    if output_format == "html":
        from boilerplate.reports.benchmark import benchmark_html

        return benchmark_html(result)
    from boilerplate.benchmark.report import benchmark_table, speed_table

    return speed_table(result) if result.run["speed_only"] else benchmark_table(result)
