"""Apply a function to a stream of items on a Dask cluster, through joblib's backend for it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TypeVar

from boilerplate.batch.local import chunks
from boilerplate.batch.worker import Setup, Worker
from boilerplate.errors import BoilerplateError, UsageError

__all__ = ["map_cluster"]

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items and bytes of a task: enough that starting a process for it does not count, few enough to do again.
_CHUNK = 200
_CHUNK_WEIGHT = 8_000_000
_SECONDS_TO_CONNECT = 10
_SCHEMES = ("tcp://", "tls://", "ws://", "wss://", "ucx://", "ucxx://")


def map_cluster(
    items: Iterable[Item], setup: Setup[Item, Result], *, address: str, weight: Callable[[Item], int]
) -> Generator[tuple[Item, Result]]:
    """Apply a function on a cluster; each task runs it in a process of its own beside the cluster's worker.

    A worker of the cluster that dies has its tasks done again by another.

    Parameters
    ----------
    items : iterable
        Taken as the cluster has room for them.
    setup : Setup
        Sent to each worker once.
    address : str
        Of the scheduler.
    weight : callable
        Bytes that an item takes on its way to a worker.

    Yields
    ------
    tuple of item and result
        In the order of the items.

    Raises
    ------
    UsageError
        If Dask is not installed, or there is no scheduler at the address.
    BoilerplateError
        If the cluster is lost.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("A cluster needs Dask. Install it with: pip install 'boilerplate[dask]'") from error
    import joblib

    if not address.startswith(_SCHEMES):
        raise UsageError(f"{address!r} is no address of a Dask scheduler. Give one such as tcp://scheduler:8786.")
    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"There is no Dask scheduler at {address}: {error}. Check --cluster.") from error
    given: list[Sequence[Item]] = []

    def tasks() -> Iterator[Sequence[Item]]:
        for chunk in chunks(items, weight=weight, size=_CHUNK, max_weight=_CHUNK_WEIGHT):
            given.append(chunk)
            yield chunk

    with client, joblib.parallel_config("dask", client=client, scatter=[setup]):
        parallel = joblib.Parallel(return_as="generator", pre_dispatch="2 * n_jobs", batch_size=1)
        try:
            for results in parallel(joblib.delayed(_in_task)(setup, chunk) for chunk in tasks()):
                yield from zip(given.pop(0), results, strict=True)
        except BoilerplateError:
            raise
        except Exception as error:
            raise BoilerplateError(
                f"The cluster gave up ({type(error).__name__}: {error}). See the logs of its workers."
            ) from error


def _in_task(setup: Setup[Item, Result], chunk: Sequence[Item]) -> list[Result]:
    with Worker(setup) as worker:
        return worker.map(chunk)
