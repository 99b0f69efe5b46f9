"""Sales in an Iceberg table. Whatever it does may be done again: a day is replaced, and a merge is by key."""

import json
import os
import sys
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

spark = SparkSession.builder.getOrCreate()


def sales(days: Sequence[str], amount: str, numbers: str) -> DataFrame:
    return spark.sql(f"""
        SELECT day, 9007199254740992 + n AS id, CAST({amount} AS DECIMAL(12, 2)) AS amount,
            TIMESTAMP '2001-07-04T12:30:00.123456Z' AS sold_at, TIMESTAMP_NTZ '2001-07-04 23:59:59.999999' AS local_time,
            CASE n WHEN 1 THEN NULL WHEN 2 THEN '' ELSE 'é "😀"; --' END AS note,
            CASE n WHEN 2 THEN NULL ELSE array('a', NULL, concat('b', n)) END AS tags, n = 1 AS is_first
        FROM (SELECT explode(array({", ".join(f"DATE '{day}'" for day in days)})) AS day)
        LATERAL VIEW explode({numbers}) AS n""")


def replace(table: str, amount: str, *days: str) -> int:
    """Three sales of each day take the place of what the day had."""
    rows = sales(days, amount, "sequence(1, 3)")
    columns = ", ".join(f"{name} {kind}" for name, kind in rows.dtypes)
    spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {table.rsplit('.', 1)[0]}")
    spark.sql(f"CREATE TABLE IF NOT EXISTS {table} ({columns}) USING iceberg PARTITIONED BY (day) TBLPROPERTIES ('write.merge.mode' = 'merge-on-read')")
    rows.writeTo(table).overwritePartitions()
    return rows.count()


def stumble(table: str, permit: str, *words: str) -> int:
    """Replaces, and fails after its commit unless the file `permit` is there."""
    rows = replace(table, *words)
    if not os.path.exists(permit):
        raise RuntimeError("the sea is rough")
    return rows


def merge(table: str, amount: str, *days: str) -> int:
    """The second sale goes, the third changes, and there is a fourth."""
    changes = sales(days, amount, "sequence(2, 4)")
    changes.createOrReplaceTempView("changes")
    spark.sql(f"""
        MERGE INTO {table} AS known USING changes ON known.day = changes.day AND known.id = changes.id
        WHEN MATCHED AND changes.note = '' THEN DELETE
        WHEN MATCHED THEN UPDATE SET *
        WHEN NOT MATCHED AND changes.note <> '' THEN INSERT *""")
    return changes.count()


def misfit(table: str) -> None:
    spark.sql(f"INSERT INTO {table} SELECT DATE '2001-07-01', 'one'")


what, *words = sys.argv[1:]
given = {verb.__name__: verb for verb in (replace, stumble, merge, misfit)}[what](*words)
with open(os.environ["HEADRACE_RESULT"], "w") as file:
    json.dump({"rows": given}, file)
