"""Reads exports with pandas, DuckDB and Polars: types, and values equal to those of JSON Lines."""

import datetime as dt
import glob
import json
import sqlite3
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq

root = sys.argv[1] + "/"
UTC = dt.timezone.utc
TIMES = ["published_at", "updated_at", "first_seen", "changed_at"]
LISTS = ["feeds", "authors", "tags", "contributors", "categories", "enclosures"]
NUMBERS = ["seq", "revision", "language_confidence", "words"]


def moment(text):
    return text and dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


raw = [json.loads(line) for line in open(root + "all.jsonl", encoding="utf-8")]
rows = {row["id"]: dict(row, **{key: moment(row[key]) for key in TIMES}) for row in raw}
assert len(rows) == 3
OBJECTS = {key for row in raw for key, value in row.items() if isinstance(value, (list, dict))}


def same(what, found, expected=rows, but=()):
    found = {row["id"]: {k: v for k, v in row.items() if k not in but} for row in found}
    assert found.keys() == expected.keys(), (what, found.keys())
    for key, row in expected.items():
        assert list(found[key]) == list(row), (what, list(found[key]))
        for name, value in row.items():
            assert found[key][name] == value, (what, name, found[key][name], value)
            assert type(found[key][name]) is type(value) or name in TIMES, (what, name)


def utc(what, value):
    assert value.tzinfo is not None and value.utcoffset() == dt.timedelta(0), (what, value)


def parquet():
    for path, but in [("all.parquet", ()), ("day", ["date"]), ("month", ["month"]), ("feed", ["feed"])]:
        same("pyarrow " + path, pq.read_table(root + path).to_pylist(), but=but)
        frame = pd.read_parquet(root + path)
        for name in TIMES:
            assert str(frame[name].dtype) == "datetime64[us, UTC]", frame.dtypes
        assert frame["seq"].dtype == "int64" and frame["words"].dtype == "int64"
        for row in frame.to_dict("records"):
            assert list(row["tags"]) == rows[row["id"]]["tags"]
            assert [dict(file) for file in row["enclosures"]] == rows[row["id"]]["enclosures"]
            assert pd.isna(row["updated_at"]) == (rows[row["id"]]["updated_at"] is None)

        frame = pl.read_parquet(root + path)
        for name in TIMES:
            assert frame.schema[name] == pl.Datetime("us", "UTC"), frame.schema
        for name in NUMBERS:
            assert frame.schema[name] == pl.Int64, frame.schema
        assert frame.schema["tags"] == pl.List(pl.String)
        assert isinstance(frame.schema["enclosures"].inner, pl.Struct)
        same("polars " + path, frame.to_dicts(), but=but)

        files = path if path.endswith(".parquet") else path + "/**/*.parquet"
        db = duckdb.connect()
        db.execute("SET TimeZone = 'UTC'")
        described = db.execute(f"DESCRIBE SELECT * FROM '{root}{files}'").fetchall()
        kinds = {row[0]: row[1] for row in described}
        for name in TIMES:
            assert kinds[name] == "TIMESTAMP WITH TIME ZONE", kinds
        for name in NUMBERS:
            assert kinds[name] == "BIGINT", kinds
        assert kinds["tags"] == "VARCHAR[]", kinds
        assert kinds["enclosures"].startswith("STRUCT(") and kinds["enclosures"].endswith("[]"), kinds
        assert path != "day" or kinds["date"] == "DATE", kinds
        found = db.execute(f"SELECT * FROM '{root}{files}'")
        names = [column[0] for column in found.description]
        found = [dict(zip(names, row)) for row in found.fetchall()]
        for row in found:
            utc(path, row["first_seen"])
        same("duckdb " + path, found, but=but)


def jsonl():
    for path in ["all.jsonl", *glob.glob(root + "day-jsonl/*/articles.jsonl")]:
        path = path if path.startswith(root) else root + path
        frame = pd.read_json(path, lines=True, convert_dates=TIMES)
        assert frame["seq"].dtype == "int64"
        for row in frame.to_dict("records"):
            expected = rows[row["id"]]
            utc(path, row["first_seen"])
            assert row["tags"] == expected["tags"] and row["enclosures"] == expected["enclosures"]
            for name in ["title", "body", "first_seen", "words", "feeds"]:
                assert row[name] == expected[name], (name, row[name], expected[name])
        frame = pl.read_ndjson(path, infer_schema_length=None)
        frame = frame.with_columns(
            pl.col(name).cast(pl.String).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
            for name in TIMES
        )
        same("polars " + path, frame.to_dicts())
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    for files in ["all.jsonl", "day-jsonl/*/*.jsonl"]:
        found = db.execute(f"SELECT id, first_seen::TIMESTAMPTZ, tags, words, title, body, updated_at "
                           f"FROM read_json('{root}{files}')").fetchall()
        assert len(found) == 3
        for key, first_seen, tags, words, title, body, updated_at in found:
            expected = rows[str(key).replace("-", "")]
            assert (first_seen, tags, words, title, body) == tuple(
                expected[name] for name in ["first_seen", "tags", "words", "title", "body"]
            ), (files, first_seen, tags)
            assert updated_at is None


def csv():
    def check(what, row):
        expected = rows[row["id"]]
        for name, value in expected.items():
            found = row[name]
            if name in OBJECTS:
                found = json.loads(found) if isinstance(found, str) else None
            elif name in TIMES:
                found = None if pd.isna(found) else found
                if found is not None:
                    utc(what, found)
            elif found is None or found == "" or pd.isna(found):
                # An empty cell is null, and an empty text is one too.
                found, value = None, value or None
            assert found == value, (what, name, found, value)

    for path in [root + "all.csv", *glob.glob(root + "day-csv/*/articles.csv")]:
        frame = pd.read_csv(path, parse_dates=TIMES)
        assert frame["seq"].dtype == "int64" and frame["words"].dtype == "int64"
        frame["updated_at"] = pd.to_datetime(frame["updated_at"], utc=True)
        for row in frame.to_dict("records"):
            check("pandas", row)
        frame = pl.read_csv(path, infer_schema_length=None)
        assert frame.schema["seq"] == pl.Int64
        for row in frame.to_dicts():
            check("polars", dict(row, **{
                name: moment(row[name]) if isinstance(row[name], str) else
                row[name] and row[name].replace(tzinfo=UTC) for name in TIMES
            }))
        db = duckdb.connect()
        db.execute("SET TimeZone = 'UTC'")
        times = "{" + ", ".join(f"'{name}': 'TIMESTAMPTZ'" for name in TIMES) + "}"
        found = db.execute(f"SELECT * FROM read_csv('{path}', types = {times})")
        names = [column[0] for column in found.description]
        for row in found.fetchall():
            check("duckdb", dict(zip(names, row)))


def sqlite():
    db = sqlite3.connect(root + "all.sqlite")
    frame = pd.read_sql("SELECT * FROM articles", db, parse_dates=TIMES)
    assert frame["seq"].dtype == "int64"
    for row in frame.to_dict("records"):
        expected = rows[row["id"]]
        utc("sqlite", row["first_seen"])
        assert row["first_seen"] == expected["first_seen"]
        assert json.loads(row["enclosures"]) == expected["enclosures"]
        assert row["body"] == expected["body"] and row["words"] == expected["words"]


parquet()
jsonl()
csv()
sqlite()
