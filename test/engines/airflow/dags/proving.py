"""DAGs that the tests run, on Airflow 2 and 3."""

from __future__ import annotations

import os
import pathlib
import shutil
import time
from datetime import datetime

try:
    from airflow.sdk import Param, dag, get_current_context, task
except ImportError:
    from airflow.decorators import dag, task
    from airflow.models.param import Param
    from airflow.operators.python import get_current_context

always = {"schedule": None, "start_date": datetime(2024, 1, 1), "catchup": False, "is_paused_upon_creation": False}


def conf():
    return get_current_context()["dag_run"].conf


@dag(**always, params={"more": Param(1, type="integer")})
def adds():
    @task
    def add():
        return {"sum": 41 + int(conf().get("more", 1)), "snapshot": 8924558786060583479}

    @task
    def large(_):
        return "x" * 100_000

    large(add())


@dag(**always)
def fails():
    @task
    def prepare():
        return 1

    @task
    def boom(_):
        print("about to fail")
        raise RuntimeError("boom on purpose")

    @task
    def after(_):
        pass

    after(boom(prepare()))


@dag(**always)
def waits():
    """Waits until the file conf["go"] is there, and touches another meanwhile."""

    @task
    def hold():
        for _ in range(1200):
            if os.path.exists(conf()["go"]):
                return "went on"
            pathlib.Path(conf()["go"] + ".alive").touch()
            time.sleep(0.1)

    hold()


@dag(**always)
def needs():
    """Fails unless the file conf["go"] is there."""

    @task
    def look():
        return pathlib.Path(conf()["go"]).read_text()

    look()


@dag(**{**always, "is_paused_upon_creation": True})
def sleeps():
    @task
    def nothing():
        return "woken"

    nothing()


@dag(**always)
def copies():
    """Writes the extracted table anew, in a lake of Parquet: a run's own tables are below .headrace."""

    @task
    def copy():
        lake, extracted = pathlib.Path(conf()["lake"]), conf()["extracted"]
        own = extracted["table"].removeprefix("headrace_tmp.")
        shutil.copytree(lake / ".headrace" / "tables" / own, lake / "copied", dirs_exist_ok=True)
        return {"connection": extracted["connection"], "table": "copied"}

    copy()


adds(), fails(), waits(), needs(), sleeps(), copies()
