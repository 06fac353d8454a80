"""The dashboard and the alert rules against what the server tells: whatever they name exists, and the docs name all of it."""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bot.clock import now_utc
from bot.metrics import Metrics, StoreCollector, StoreCounts
from bot.operation import NOT_READY

REPOSITORY = Path(__file__).parents[2]
RULES = [
    rule
    for group in yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((REPOSITORY / "deploy" / "grafana" / "policybot.json").read_text())
PANELS = DASHBOARD["panels"]
EXPRESSIONS = [(rule["alert"], rule["expr"]) for rule in RULES] + [
    (panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]
]
DOCS = (REPOSITORY / "docs" / "operation.md").read_text(encoding="utf-8")
# What Prometheus itself adds.
ITS_METRIC, ITS_LABELS = "up", {"job", "instance"}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, set[str]]]:
    """What the server tells: the name of each sample -> its labels -> their values."""
    metrics, of_store = Metrics(), StoreCollector()
    of_store.counts = StoreCounts(now_utc(), {}, {}, {})
    metrics.registry.register(of_store)
    for part in NOT_READY:
        metrics.note_ready(part, ready=True)
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(generate_latest(metrics.registry).decode()):
        for sample in family.samples:
            labels = found.setdefault(sample.name, defaultdict(set))
            for name, value in sample.labels.items():
                labels[name].add(value)
    return found


def names_in(expression: str) -> set[str]:
    """Return the metrics of an expression: what selects, and what begins as ours do."""
    return set(re.findall(r"\b[a-z_]+(?=\s*[{\[])|\bpolicybot_\w+", expression))


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_what_an_expression_names_is_told(told: dict[str, dict[str, set[str]]], where: str, expression: str) -> None:
    names = names_in(expression)
    assert names
    assert names - told.keys() <= {ITS_METRIC}
    labels = {
        label: set[str]().union(*(told.get(name, {}).get(label, ()) for name in names))
        for name in names
        for label in told.get(name, ())
    }
    grouped = {label for found in re.findall(r"by \(([^)]*)\)", expression) for label in found.split(", ")}
    assert grouped <= labels.keys() | ITS_LABELS
    for label, value in re.findall(r'(\w+)!?="([^"]*)"', expression):
        assert label in ITS_LABELS or value in labels[label]


def test_each_alert_says_what_is_wrong_and_what_to_do_in_a_sentence() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in ("critical", "warning")
        for annotation in ("summary", "action"):
            assert re.fullmatch(r"[A-Z{].*[a-z}]\.", rule["annotations"][annotation]), rule["alert"]
        told = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        kept = {label for found in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in found.split(", ")}
        assert set(told) <= kept | (ITS_LABELS if "by (" not in rule["expr"] else set()), rule["alert"]


def test_the_dashboard_can_be_brought_in_anywhere() -> None:
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"].endswith(".")


def test_the_docs_name_each_alert_and_each_metric(told: dict[str, dict[str, set[str]]]) -> None:
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in told if name.startswith("policybot_")}
    assert set(re.findall(r"`(policybot_\w+)`", DOCS)) == families
    assert set(re.findall(r"`(Policybot\w+)`", DOCS)) == {rule["alert"] for rule in RULES}
    for part in NOT_READY:
        assert f"`{part}`" in DOCS
