"""What the clusters of a local cloud do, and do not: nodes, pods, rights, definitions."""

import base64
import datetime
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcloud import LocalCloudError, crds
from localcloud.control import NodeSpec
from localcloud.control_plane import Etcd, etcd_prefix
from localcloud.crds import without_descriptions
from tests.localcloud.conftest import Cloud, fresh_namespace
from toolchain import find

localcloud = pytest.mark.localcloud


def pod(name: str, image: str = "registry.example/model:1", annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    limits = spec.pop("limits", {})
    container = {"name": "main", "image": image, "resources": {"limits": limits}}
    metadata = {"name": name, "annotations": annotations or {}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], **spec}}


def get(cloud: Cloud, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cloud.kubectl("get", *arguments, "-o", "json").stdout)
    return found


def condition(live: dict[str, Any], name: str) -> dict[str, Any]:
    return next((each for each in live["status"].get("conditions", []) if each["type"] == name), {})


@dataclass(frozen=True)
class Played:
    """What became of pods and a job some seconds after they were made."""

    namespace: str
    pods: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def played(cloud: Cloud) -> Iterator[Played]:
    one_gpu = {"limits": {"nvidia.com/gpu": "1"}}
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "registry.example/train:1"}]}}}
    objects = [
        pod("model"),
        pod("on-gpu", tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists"}], **one_gpu),
        pod("kept-off", **one_gpu),
        pod("broken", image="registry.example/never-ready:1"),
        pod("told", annotations={"modelway.dev/simulate": "never-ready"}),
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train"}, "spec": job},
    ]
    with fresh_namespace(cloud) as namespace:
        cloud.kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        cloud.kubectl("wait", "pod/model", "pod/on-gpu", "-n", namespace, "--for=condition=Ready", "--timeout=60s")
        cloud.kubectl("wait", "pod/broken", "pod/told", "-n", namespace, "--for=jsonpath={.status.phase}=Running", "--timeout=60s")
        cloud.kubectl("wait", "job/train", "-n", namespace, "--for=condition=Complete", "--timeout=60s")
        yield Played(namespace, {live["metadata"]["name"]: live for live in get(cloud, "pods", "-n", namespace)["items"]})


@localcloud
def test_nodes_are_ready_and_some_have_gpus(cloud: Cloud, played: Played) -> None:
    nodes = {node["metadata"]["name"]: node for node in get(cloud, "nodes")["items"]}
    assert all(condition(node, "Ready")["status"] == "True" for node in nodes.values())
    gpus = {name: node["status"]["allocatable"].get("nvidia.com/gpu") for name, node in nodes.items()}
    assert gpus == {"cpu-1": None, "cpu-2": None, "gpu-1": "1"}
    assert played.pods["on-gpu"]["spec"]["nodeName"] == "gpu-1"
    assert played.pods["model"]["spec"]["nodeName"] in ("cpu-1", "cpu-2")
    assert condition(played.pods["kept-off"], "PodScheduled")["reason"] == "Unschedulable"


@localcloud
def test_pods_are_ready_some_seconds_later_or_never(cloud: Cloud, played: Played) -> None:
    created, ready = (
        datetime.datetime.fromisoformat(text)
        for text in (played.pods["model"]["metadata"]["creationTimestamp"], condition(played.pods["model"], "Ready")["lastTransitionTime"])
    )
    assert ready - created >= datetime.timedelta(seconds=2)  # both are whole seconds
    assert len({played.pods[name]["status"]["podIP"] for name in ("model", "on-gpu", "broken", "told")}) == 4
    for name in ("broken", "told"):
        assert condition(played.pods[name], "Ready")["status"] == "False"
    selector = "involvedObject.name=broken,type=Warning"
    events = get(cloud, "events", "-n", played.namespace, "--field-selector", selector)["items"]
    assert "Readiness probe failed: simulated" in events[0]["message"]


@localcloud
def test_rights_are_rbacs(cloud: Cloud, namespace: str, tmp_path: Path) -> None:
    robot = f"--as=system:serviceaccount:{namespace}:default"
    refused = cloud.kubectl("get", "secrets", "-n", namespace, robot, check=False)
    assert "is forbidden" in refused.stderr
    cloud.kubectl("create", "rolebinding", "reader", "-n", namespace, "--clusterrole=view", f"--serviceaccount={namespace}:default")
    cloud.kubectl("get", "pods", "-n", namespace, robot)
    assert "is forbidden" in cloud.kubectl("get", "secrets", "-n", namespace, robot, check=False).stderr
    config = json.loads(cloud.kubeconfig.read_text("utf-8"))
    config["users"][0]["user"] = {"token": "forged"}
    stranger = tmp_path / "kubeconfig"
    stranger.write_text(json.dumps(config))
    assert "Unauthorized" in cloud.kubectl("get", "--raw", "/version", kubeconfig=stranger, check=False).stderr


@localcloud
@pytest.mark.parametrize(
    ("group", "kind", "spec", "fault"),
    [
        ("gateway.networking.k8s.io/v1", "HTTPRoute", {"rules": [{"backendRefs": [{"name": "a", "port": 1, "weight": -1}]}]}, "weight"),
        ("monitoring.coreos.com/v1", "ServiceMonitor", {"selector": {}, "endpoints": [{"port": 1}]}, "port"),
        ("keda.sh/v1alpha1", "ScaledObject", {"scaleTargetRef": {"name": "a"}, "triggers": "none"}, "triggers"),
    ],
)
def test_definitions_still_check_what_they_get(cloud: Cloud, namespace: str, group: str, kind: str, spec: Any, fault: str) -> None:
    body = {"apiVersion": group, "kind": kind, "metadata": {"name": "wrong"}, "spec": spec}
    refused = cloud.kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps(body), check=False)
    assert refused.returncode == 1
    assert fault in refused.stderr
    assert "nvalid" in refused.stderr


def stripped(value: Any) -> Any:
    """The value without what is a description, by meaning: a text under that key."""
    if isinstance(value, dict):
        return {key: stripped(item) for key, item in value.items() if not (key == "description" and isinstance(item, str))}
    return [stripped(item) for item in value] if isinstance(value, list) else value


def same_without(content: bytes) -> bool:
    return bool(stripped(yaml.load(without_descriptions(content), yaml.CBaseLoader)) == stripped(yaml.load(content, yaml.CBaseLoader)))


def test_only_descriptions_are_left_out() -> None:
    content = b"""\
kind: CustomResourceDefinition
spec:
  description: one line
  properties:
    description:
      description: |-
        A property of that name.

        type: not a key
      type: string
    folded:
      description: >
        text
      type: string
    items:
    - description: first in its item
      name: a
    - name: b
      description: 'quoted,
        on two lines'
      last: true
  after: 1
"""
    assert same_without(content)
    assert b"A property" not in without_descriptions(content)


@localcloud
def test_no_definition_loses_anything_but_its_prose() -> None:
    toolchain = find()
    files = crds.every_definition(toolchain)
    assert len(files) > 20
    for file in files:
        assert same_without(file.read_bytes()), file


def test_definitions_are_kept_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    crds.keep({"one": "e30="})  # there is no folder to keep it in
    assert crds.kept() == {}
    (tmp_path / "modelway").mkdir()
    crds.keep({"one": "e30="})
    assert crds.kept() == {"one": "e30="}
    (kept,) = (tmp_path / "modelway").iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    kept.write_text('{"one": ')
    assert crds.kept() == {}


def established(cloud: Cloud, kubeconfig: Path) -> dict[str, Any]:
    """The specs of the definitions that are in force."""
    found = json.loads(cloud.kubectl("get", "crd", "-o", "json", kubeconfig=kubeconfig).stdout)["items"]
    return {each["metadata"]["name"]: each["spec"] for each in found if condition(each, "Established")["status"] == "True"}


def keys_of(etcd: Etcd, cluster: str) -> int:
    first = f"{etcd_prefix(cluster)}/".encode()
    body = {"key": base64.b64encode(first).decode(), "range_end": base64.b64encode(first[:-1] + b"0").decode(), "count_only": True}
    return int(etcd.api().call("POST", "/v3/kv/range", body).get("count", 0))


@localcloud
def test_a_cluster_is_its_own_world_and_leaves_nothing(cloud: Cloud) -> None:
    name = f"test-{uuid.uuid4().hex[:8]}"
    home = cloud.cloud.home
    ports = home.read_state()["ports"]
    etcd = Etcd(home, ports["etcd"], ports["etcd-peer"])
    try:
        info = cloud.control.create_cluster(name)
        assert cloud.control.cluster(name) == info == cloud.control.create_cluster(name)
        assert name in cloud.control.clusters()
        known, here = established(cloud, cloud.kubeconfig), established(cloud, info.kubeconfig)
        assert here == {definition: known[definition] for definition in here}  # other tests define more in `local`
        assert len(here) > 20
        cloud.kubectl("create", "namespace", name, kubeconfig=info.kubeconfig)
        assert cloud.kubectl("get", "namespace", name, check=False).returncode == 1
        cloud.control.set_nodes(
            name, "blue", [NodeSpec("blue-1", "4", "16Gi", "a", "m7i.xlarge"), NodeSpec("blue-2", "4", "16Gi", "b", "m7i")]
        )
        cloud.control.set_nodes(name, "blue", [NodeSpec("blue-2", "4", "16Gi", "b", "m7i", labels={"tier": "web"})])
        (node,) = json.loads(cloud.kubectl("get", "nodes", "-o", "json", kubeconfig=info.kubeconfig).stdout)["items"]
        assert (node["metadata"]["name"], node["metadata"]["labels"]["tier"]) == ("blue-2", "web")
        assert keys_of(etcd, name)
        assert any(part.name.startswith(f"{name}/") for part in cloud.cloud.status().parts)
    finally:
        cloud.control.delete_cluster(name)
    assert cloud.control.cluster(name) is None
    assert not any(part.name.startswith(f"{name}/") for part in cloud.cloud.status().parts)
    assert keys_of(etcd, name) == 0
    assert not home.cluster(name).exists()
    assert not list(home.logs.glob(f"{name}*"))
    assert not [key for key in home.read_state()["ports"] if key.startswith(name)]
    cloud.control.delete_cluster(name)  # nothing to do


@localcloud
@pytest.mark.parametrize("name", ["", "../outside", "a/b", "-first", "x" * 200])
def test_a_name_that_is_no_name_is_refused(cloud: Cloud, name: str) -> None:
    with pytest.raises(LocalCloudError, match="letters, digits"):
        cloud.control.create_cluster(name)


@localcloud
def test_the_clouds_own_cluster_is_not_deleted(cloud: Cloud) -> None:
    with pytest.raises(LocalCloudError, match="part of every local cloud"):
        cloud.control.delete_cluster("local")
    assert Path(cloud.kubeconfig).exists()
