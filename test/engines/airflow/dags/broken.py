"""A DAG's file that Airflow cannot import."""

import no_such_module_at_all  # noqa: F401
