#!/bin/sh
exec python -m airflow "$@"
