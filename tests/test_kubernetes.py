"""docker/kubernetes.yaml is what the API's schema takes, and its parts fit together and to the project."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
OBJECTS = {each["kind"]: each for each in yaml.safe_load_all((ROOT / "docker" / "kubernetes.yaml").read_text())}
JOB = OBJECTS["Job"]["spec"]
POD = JOB["template"]["spec"]
(CONTAINER,) = POD["containers"]
VARIABLES = {each["name"]: each["value"] for each in CONTAINER["env"]}


def option(name):
    (value,) = [part.partition("=")[2] for part in CONTAINER["command"] if part.startswith(f"--{name}=")]
    return value


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_the_api_takes_every_object_without_unknown_fields(kind, version):
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    kubernetes_validate.validate(OBJECTS[kind], version, strict=True)


def test_a_field_that_is_misspelt_would_be_found():
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    misspelt = OBJECTS["Service"] | {"spec": OBJECTS["Service"]["spec"] | {"clusterIp": "None"}}
    with pytest.raises(kubernetes_validate.ValidationError, match="clusterIp"):
        kubernetes_validate.validate(misspelt, "1.37", strict=True)


def test_torchrun_starts_as_many_processes_as_there_are_pods_and_gpus():
    assert JOB["completionMode"] == "Indexed"
    assert int(option("nnodes")) == JOB["completions"] == JOB["parallelism"]
    assert option("nproc-per-node") == CONTAINER["resources"]["limits"]["nvidia.com/gpu"]


def test_pods_meet_at_the_name_that_the_headless_service_gives_the_first():
    service, name = OBJECTS["Service"], OBJECTS["Job"]["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"batch.kubernetes.io/job-name": name}
    assert POD["subdomain"] == service["metadata"]["name"]
    (port,) = service["spec"]["ports"]
    assert option("rdzv-endpoint") == f"{name}-0.{POD['subdomain']}:{port['port']}"


def test_there_is_time_to_save_after_sigterm_for_torchrun_and_for_the_pod():
    assert 60 < int(VARIABLES["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"]) < POD["terminationGracePeriodSeconds"]
    assert POD["shareProcessNamespace"] is True


def test_a_pod_that_is_replaced_finds_the_checkpoints_on_the_volume_that_all_share():
    mounts = {mount["mountPath"]: mount["name"] for mount in CONTAINER["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    assert "--ckpt_path=last" in CONTAINER["args"]
    assert "--trainer.default_root_dir=/wgan/shared/runs" in CONTAINER["args"]
    claim = volumes[mounts["/wgan/shared"]]["persistentVolumeClaim"]["claimName"]
    assert OBJECTS["PersistentVolumeClaim"]["metadata"]["name"] == claim
    assert OBJECTS["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert volumes[mounts["/dev/shm"]]["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}


def test_a_pod_runs_as_the_user_of_the_image_without_privileges_and_with_its_configurations():
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    assert "useradd --create-home wgan" in dockerfile  # the first user of an image has number 1000
    assert POD["securityContext"]["runAsUser"] == POD["securityContext"]["fsGroup"] == 1000
    assert CONTAINER["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    named = re.findall(r"configs/\S+\.yaml", " ".join(CONTAINER["args"]))
    assert [name for name in named if not (ROOT / name).is_file()] == []
    assert len(named) == 2


def test_the_options_of_the_run_are_those_of_the_command():
    from lit_wgan.commands.sweep.check import FitParser

    options = FitParser().read(CONTAINER["args"][1:])
    assert options.trainer.default_root_dir == "/wgan/shared/runs"
    assert options.data.init_args.root == "/wgan/shared/data"
