"""Airflow: its API, DAGs for it, and the target that deploys them."""
