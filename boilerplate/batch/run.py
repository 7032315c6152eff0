"""Clean a stream of pages, in processes of this machine or of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial

from boilerplate.batch.child import Death
from boilerplate.batch.outcome import CRASHED, TIMEOUT, Cleaned, Outcome, Task, clean_source
from boilerplate.batch.worker import Setup
from boilerplate.errors import InputError, LimitError
from boilerplate.inputs.source import Source, with_page
from boilerplate.limits import Limits
from boilerplate.model.choice import Models

__all__ = ["clean_setup", "clean_sources", "lost_page", "with_page_at_hand"]

#: Bytes that a source takes beside its page, roughly.
_SOURCE_BYTES = 500


def clean_sources(
    sources: Iterable[Source], *, models: Models, task: Task, jobs: int = 1, cluster: str | None = None
) -> Generator[Outcome]:
    """Clean pages in worker processes; outcomes come in the order of the sources, which are taken as they are needed.

    A page that takes too long or brings its process down has an outcome like any other, and costs none but itself.

    Parameters
    ----------
    sources : iterable of Source
    models : Models
    task : Task
    jobs : int
        Processes; 0 for as many as there are cores. Without meaning on a cluster.
    cluster : str, optional
        Address of the scheduler of a Dask cluster, whose workers are to do it, such as ``tcp://scheduler:8786``. This
        process reads the pages and sends them there.

    Raises
    ------
    BoilerplateError
        If no process can be started, or the cluster cannot be reached.
    """
    setup = clean_setup(models, task)
    if cluster is not None:
        from boilerplate.batch.cluster import map_cluster

        # Workers elsewhere need not see the files of this machine.
        results = map_cluster(_at_hand(sources, task.limits), setup, address=cluster, weight=_weight)
    else:
        from boilerplate.batch.local import map_processes

        results = map_processes(_portable(sources, task.limits), setup, jobs=jobs, weight=_weight)
    # Whoever stops before the end wants the processes to end as well.
    with closing(results):
        for source, cleaned in results:
            yield Outcome(replace(source, html=None) if source.html is not None else source, cleaned)


def clean_setup(models: Models, task: Task) -> Setup[Source, Cleaned]:
    """What a worker process needs to clean pages."""
    return Setup(_cleaner, (models, task), partial(lost_page, task.limits), task.limits)


def _cleaner(models: Models, task: Task) -> Callable[[Source], Cleaned]:
    return partial(clean_source, models=models, task=task)


def lost_page(limits: Limits, _: Source, death: Death) -> Cleaned:
    """What became of a page whose process has died."""
    return Cleaned(CRASHED if death is Death.CRASH else TIMEOUT, death.reason(limits))


def _weight(source: Source) -> int:
    return _SOURCE_BYTES + (len(source.html) if source.html is not None else 0)


def _portable(sources: Iterable[Source], limits: Limits) -> Iterator[Source]:
    """Sources that any process of this machine can read; pipes and standard input belong to this one."""
    for source in sources:
        yield source if source.is_portable else with_page_at_hand(source, limits)


def _at_hand(sources: Iterable[Source], limits: Limits) -> Iterator[Source]:
    """Sources with their pages."""
    for source in sources:
        yield source if source.problem or source.html is not None else with_page_at_hand(source, limits)


def with_page_at_hand(source: Source, limits: Limits) -> Source:
    """The source with its page, or with the reason why there is none."""
    try:
        return with_page(source, limits)
    except InputError as error:
        return replace(source, problem=str(error), past_limit=isinstance(error, LimitError), fetch=None)
