"""A transform that data_pipeline triggers: the delays of one day of flights by airport and route. It runs on Trino, where the flights are; no row comes through Airflow."""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.request
from datetime import date, datetime

from airflow.sdk import dag, get_current_context, task

TRINO = os.environ.get("TRINO_URL", "http://127.0.0.1:8080")
HEADERS = {"X-Trino-User": "airflow", "X-Trino-Source": "airflow", "X-Trino-Catalog": os.environ.get("TRINO_CATALOG", "iceberg")}


def run(statement: str) -> None:
    request = urllib.request.Request(f"{TRINO}/v1/statement", data=statement.encode(), headers=HEADERS)
    while True:
        with urllib.request.urlopen(request, timeout=60) as response:
            page = json.load(response)
        if "error" in page:
            raise RuntimeError(page["error"]["message"])
        if "nextUri" not in page:
            return
        time.sleep(0.05)
        request = urllib.request.Request(page["nextUri"], headers=HEADERS)


def quoted(table: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))


@dag(schedule=None, start_date=datetime(2001, 1, 1), catchup=False, is_paused_upon_creation=False)
def delays_by_route():
    @task
    def delays() -> dict:
        run_of = get_current_context()["dag_run"]
        day = date.fromisoformat(run_of.conf["day"])
        extracted = run_of.conf["extracted"]
        # The same table in every try of this DAG run, and another one in every other.
        table = "headrace_tmp.delays_" + hashlib.sha256(run_of.run_id.encode()).hexdigest()[:24]
        run(
            f"""CREATE OR REPLACE TABLE {quoted(table)} AS
            SELECT DATE '{day}' AS day, origin, destination, count(*) AS flights, round(avg(delay), 2) AS average_delay, max(delay) AS longest_delay
            FROM {quoted(extracted["table"])} GROUP BY origin, destination"""
        )
        return {"connection": extracted["connection"], "table": table}

    delays()


delays_by_route()
