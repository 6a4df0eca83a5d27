"""Writes prometheus-rule.yaml: grafana/prometheus-rules.yml as an object of the Prometheus operator."""

from pathlib import Path

import yaml

HERE = Path(__file__).parent
SOURCE = HERE.parent / "grafana" / "prometheus-rules.yml"
TARGET = HERE / "prometheus-rule.yaml"
HEAD = (
    "# Written by deploy/prometheus_rule.py from grafana/prometheus-rules.yml: change that, and run this.\n"
)


def text() -> str:
    """What the file should hold."""
    document = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "tocsin", "labels": {"app.kubernetes.io/part-of": "tocsin"}},
        "spec": yaml.safe_load(SOURCE.read_text("utf-8")),
    }
    return HEAD + yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True)


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
