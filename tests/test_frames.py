"""Tables of pages, alone and in the engines that spread them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from archives import PACKINGS, record
from conftest import PAGE, ROOT

from boilerplate import Limits, Model, clean
from boilerplate.errors import UsageError
from boilerplate.frames import SPARK_SCHEMA, clean_frame, clean_frames, page_frames

TIMINGS = ["seconds_read", "seconds_label", "seconds_write"]
COLUMNS = [column.split()[0] for column in SPARK_SCHEMA.split(", ")]


def pages(count: int = 6) -> pd.DataFrame:
    html: list[object] = [PAGE.replace("Tea", f"Tea {number}").encode() for number in range(count)]
    html[1] = PAGE
    html[2] = b"\x89PNG\r\n\x1a\n"
    html[3] = None
    html[4] = "<p>Привет, как дела? Всё хорошо, спасибо.".encode("koi8-r")
    frame = pd.DataFrame({"html": html, "url": [f"https://example.org/{n}" for n in range(count)]})
    return frame.assign(charset=[None] * 4 + ["koi8-r"] + [None] * (count - 5))


def test_frame(model: Model) -> None:
    frame = pages().set_index(pd.Index([f"p{number}" for number in range(6)]))
    result = clean_frame(frame, model=model)
    assert list(result.columns) == COLUMNS
    assert result.index.equals(frame.index)
    assert list(result["source"]) == list(frame.index)
    assert list(result["status"]) == ["ok", "ok", "not_html", "unreadable", "ok", "ok"]
    assert list(result["url"]) == list(frame["url"])
    assert result.loc["p0", "text"] == clean(frame.loc["p0", "html"], url="https://example.org/0", model=model)
    everything = clean_frame(frame, model=model, keep=["article", "promo", "feed", "chrome"])
    assert "Привет" in everything.loc["p4", "text"]
    assert clean_frame(frame.assign(source="x"), model=model)["source"].eq("x").all()


def test_types_do_not_depend_on_the_pages(model: Model) -> None:
    good, bad = clean_frames([pages(), pages().iloc[2:4]], model=model)
    nothing = clean_frame(pages().iloc[:0], model=model)
    assert list(good.dtypes) == list(bad.dtypes) == list(nothing.dtypes)
    assert nothing.empty


def test_limits_and_wrong_frames(model: Model) -> None:
    assert list(clean_frame(pages(), model=model, limits=Limits(max_bytes=300))["status"][:2]) == ["limit"] * 2
    # Time is a limit of processes of their own.
    short = clean_frame(pages(), model=model, limits=Limits(max_seconds=0.001))
    assert list(short["status"][:2]) == ["timeout"] * 2
    with pytest.raises(UsageError, match="has no column html, but body"):
        clean_frame(pd.DataFrame({"body": []}), model=model)
    with pytest.raises(UsageError, match="is no label"):
        clean_frame(pages(), model=model, keep=["advert"])


def without_timings(frame: pd.DataFrame) -> list[dict[str, object]]:
    ordered = frame.drop(columns=TIMINGS).sort_values("url")
    return [{k: None if pd.isna(v) else v for k, v in row.items()} for row in ordered.to_dict("records")]


@pytest.mark.slow
def test_spark(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyspark_sql = pytest.importorskip("pyspark.sql", reason="the extra spark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]))
    frame = pages(8).assign(source=[f"p{n}" for n in range(8)], html=lambda f: [as_bytes(page) for page in f["html"]])
    builder = pyspark_sql.SparkSession.builder.master("local[2]")
    local = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}
    for name, value in local.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        schema = "html binary, url string, charset string, source string"
        rows = [tuple(None if value is None else value for value in row) for row in frame.itertuples(index=False)]
        table = spark.createDataFrame(rows, schema).repartition(2)
        result = table.mapInPandas(clean_frames, SPARK_SCHEMA).toPandas()
        # Archives in, a table on the disk out.
        paths = spark.createDataFrame([(str(path),) for path in archives(tmp_path)], "path string").repartition(2)
        texts = paths.mapInPandas(lambda frames: clean_frames(page_frames(frames)), SPARK_SCHEMA)
        texts.write.parquet(str(tmp_path / "texts"))
    finally:
        spark.stop()
    assert without_timings(result) == without_timings(clean_frame(frame, model=model))
    paths = pd.DataFrame({"path": [str(path) for path in sorted(tmp_path.glob("*.warc*"))]})
    expected = pd.concat(clean_frames(page_frames([paths])))
    assert without_timings(pd.read_parquet(tmp_path / "texts")) == without_timings(expected)


def archives(directory: Path) -> list[Path]:
    """Two archives with two pages each, packed in different ways, and a list of them."""
    for number, suffix in enumerate([".warc", ".warc.gz"]):
        records = [record(PAGE.encode(), url=f"https://example.org/{number}/{n}") for n in range(2)]
        other = record(b"PNG", headers=[("Content-Type", "image/png")])
        (directory / f"crawl{suffix}").write_bytes(b"".join(map(PACKINGS[suffix], [*records, other])))
    return sorted(directory.glob("crawl.warc*"))


def test_pages_of_archives(model: Model, tmp_path: Path) -> None:
    paths = [*map(str, archives(tmp_path)), str(tmp_path / "missing.warc"), f"file://{tmp_path}/crawl.warc.gz"]
    frames = list(page_frames([pd.DataFrame({"path": paths[:1]}), pd.DataFrame({"path": paths[1:]})], rows=1))
    table = pd.concat(frames, ignore_index=True)
    assert all(len(frame) == 1 for frame in frames)
    assert list(table["url"].dropna()) == [
        f"https://example.org/{n}" for n in ("0/0", "0/1", "1/0", "1/1", "1/0", "1/1")
    ]
    result = clean_frame(table, model=model)
    assert list(result["status"]) == ["ok"] * 4 + ["unreadable"] + ["ok"] * 2
    assert "There is no such file" in result["reason"][4]
    (wrong,) = page_frames([pd.DataFrame({"path": [f"file://{tmp_path}/nowhere.warc"]})])
    assert "cannot be read" in wrong["problem"][0]


def as_bytes(page: object) -> object:
    return page.encode() if isinstance(page, str) else page


@pytest.mark.slow
def test_dask_partitions(model: Model) -> None:
    dask = pytest.importorskip("dask", reason="the extra dask is not installed")
    dask_frame = pytest.importorskip("dask.dataframe", reason="the extra dask is not installed")
    frame = pages(8)
    meta = clean_frame(frame.iloc[:0], model=model)
    # Dask would take bytes for text.
    with dask.config.set({"dataframe.convert-string": False}):
        table = dask_frame.from_pandas(frame, npartitions=3)
        result = table.map_partitions(clean_frame, meta=meta).compute(scheduler="threads", num_workers=2)
    assert without_timings(result) == without_timings(clean_frame(frame, model=model))


def test_stream_is_read_as_it_is_needed(model: Model) -> None:
    taken: list[int] = []

    def frames() -> Iterator[pd.DataFrame]:
        for number in range(3):
            taken.append(number)
            yield pages().iloc[:1]

    stream = clean_frames(frames(), model=model)
    next(stream)
    assert taken == [0]
    stream.close()  # type: ignore[attr-defined]
