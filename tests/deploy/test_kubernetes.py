"""deploy/kubernetes: its parts fit each other and what runs in them. make manifests holds them against Kubernetes' schemas."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dispatcher import SHUTDOWN_LASTS
from corpus.documents.apart import build_apart

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
BASE, OVERLAYS = FOLDER / "base", sorted((FOLDER / "overlays").iterdir())
NAME = {"app.kubernetes.io/name": "policybot"}


def read(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


KUSTOMIZATION = read(BASE / "kustomization.yaml")
OBJECTS = {found["kind"]: found for found in (read(BASE / name) for name in KUSTOMIZATION["resources"])}
DEPLOYMENT = OBJECTS["Deployment"]["spec"]
POD = DEPLOYMENT["template"]["spec"]
(SERVER,) = POD["containers"]
(MIGRATION,) = POD["initContainers"]
CONTAINERS = [SERVER, MIGRATION]


def test_every_file_is_listed_and_holds_one_object_of_its_own_kind() -> None:
    assert set(OBJECTS) == {
        *("Deployment", "Service", "Ingress", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ServiceAccount")
    }
    for kind, found in OBJECTS.items():
        assert f"{kind.lower()}.yaml" in KUSTOMIZATION["resources"]
        assert found["metadata"]["name"] == "policybot"
    settings = {name for generator in KUSTOMIZATION["configMapGenerator"] for name in generator["files"]}
    assert {file.name for file in BASE.iterdir()} == {*KUSTOMIZATION["resources"], *settings, "kustomization.yaml"}


def test_all_that_chooses_pods_chooses_those_of_the_deployment() -> None:
    assert DEPLOYMENT["template"]["metadata"]["labels"] == NAME
    chosen = [
        DEPLOYMENT["selector"]["matchLabels"],
        OBJECTS["Service"]["spec"]["selector"],
        OBJECTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        OBJECTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        *(spread["labelSelector"]["matchLabels"] for spread in POD["topologySpreadConstraints"]),
    ]
    assert [labels for labels in chosen if labels != NAME] == []
    target = OBJECTS["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", "policybot")
    assert POD["serviceAccountName"] == OBJECTS["ServiceAccount"]["metadata"]["name"]


def test_every_port_that_is_named_is_one_of_the_server() -> None:
    ports = {port["name"]: port["containerPort"] for port in SERVER["ports"]}
    assert ports == {"http": 8080, "metrics": 9090}
    (service,) = OBJECTS["Service"]["spec"]["ports"]
    (rule,) = OBJECTS["Ingress"]["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"]["service"] == {"name": "policybot", "port": {"name": service["name"]}}
    named = [
        service["targetPort"],  # that of the metrics is in no service, so no ingress can reach it
        *(port["port"] for source in OBJECTS["NetworkPolicy"]["spec"]["ingress"] for port in source["ports"]),
        *(SERVER[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")),
    ]
    assert set(named) == set(ports)
    assert DEPLOYMENT["template"]["metadata"]["annotations"]["prometheus.io/port"] == "9090"


def test_the_probes_ask_by_a_name_that_the_server_goes_by() -> None:
    paths = {probe: SERVER[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    for probe in paths:
        assert SERVER[probe]["httpGet"]["httpHeaders"] == [{"name": "Host", "value": "localhost"}]


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container["name"])
def test_no_container_may_do_more_than_it_needs(container: dict[str, Any]) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert POD["securityContext"]["runAsUser"] == POD["securityContext"]["fsGroup"] == 10001
    assert POD["automountServiceAccountToken"] is False
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    assert set(mounts.values()) == set(volumes)
    assert {path for path, name in mounts.items() if "emptyDir" in volumes[name]} == {"/tmp", "/var/lib/policybot"}  # noqa: S108
    assert volumes["settings"]["configMap"]["name"] == KUSTOMIZATION["configMapGenerator"][0]["name"]


def test_no_secret_stands_in_the_files() -> None:
    texts = [file.read_text(encoding="utf-8") for file in FOLDER.rglob("*.yaml")]
    assert [text for text in texts if re.search(r"^kind: Secret$|secretGenerator|stringData", text, re.MULTILINE)] == []
    by_name = {entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in SERVER["env"] if "valueFrom" in entry}
    assert set(by_name) == {"POLICYBOT_DATABASE_URL", "POLICYBOT_SECRET_KEY"}


def test_only_what_upgrades_the_schema_is_told_of_the_role_that_may() -> None:
    assert MIGRATION["args"] == ["migrate"]
    (reference,) = [
        entry["valueFrom"]["secretKeyRef"] for entry in MIGRATION["env"] if entry["name"] == "POLICYBOT_MIGRATION_URL"
    ]
    assert reference["optional"] is True
    assert "POLICYBOT_MIGRATION_URL" not in {entry["name"] for entry in SERVER["env"]}


def test_a_new_version_takes_nobody_away_before_it_serves() -> None:
    assert DEPLOYMENT["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert OBJECTS["HorizontalPodAutoscaler"]["spec"]["minReplicas"] >= 2
    assert "replicas" not in DEPLOYMENT  # else each roll-out would undo what the autoscaler did


def test_there_is_room_and_time_for_the_documents_that_are_being_read() -> None:
    reader = inspect.signature(build_apart).parameters
    memory = int(SERVER["resources"]["limits"]["memory"].removesuffix("Mi")) * 2**20
    assert memory > 2 * reader["memory"].default + 300 * 2**20
    wait = SERVER["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert POD["terminationGracePeriodSeconds"] > wait + reader["seconds"].default + SHUTDOWN_LASTS


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda overlay: overlay.name)
def test_an_overlay_changes_what_is_there_and_names_its_host_alike(overlay: Path) -> None:
    kustomization = read(overlay / "kustomization.yaml")
    assert [name for name in kustomization["resources"] if not (overlay / name).exists()] == []
    assert kustomization["images"][0]["name"] == SERVER["image"] == MIGRATION["image"]
    (generator,) = kustomization["configMapGenerator"]
    assert generator["name"] == KUSTOMIZATION["configMapGenerator"][0]["name"]
    for patch in kustomization["patches"]:
        target = OBJECTS[patch["target"]["kind"]]
        for change in yaml.safe_load(patch["patch"]):
            found: Any = target
            *parents, last = change["path"].removeprefix("/").split("/")
            for step in parents:
                found = found[int(step) if isinstance(found, list) else step.replace("~1", "/")]
            if change["op"] == "replace":
                assert found[int(last) if isinstance(found, list) else last.replace("~1", "/")]
    text = (overlay / "kustomization.yaml").read_text(encoding="utf-8")
    hosts = set(re.findall(r"value: (policies\.\S+)", text))
    assert {f"https://{host}" for host in hosts} == {read(overlay / "policybot.yaml")["public_url"]}
