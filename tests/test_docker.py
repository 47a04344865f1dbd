"""The promises of docker/: as the files say, and where docker with compose is installed, as compose reads them."""

import json
import os
import re
import subprocess
import sys
from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker" / "compose.yaml"
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]
VOLUMES = {"data", "runs", "cache"}


def compose(*arguments, **variables):
    command = ["docker", "compose", "--file", str(COMPOSE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | variables)


def has_compose():
    try:
        return compose("version").returncode == 0
    except OSError:
        return False


def plain(name):
    """A package's name as all its spellings are compared."""
    return name.lower().replace("_", "-")


each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
with_compose = pytest.mark.skipif(not has_compose(), reason="needs docker with compose")


def test_there_is_a_service_for_everything():
    assert SERVICES.keys() >= {"train", "gpu", "test", "tensorboard", "sweep", "distributed"}


@each_service
def test_a_service_ends_when_it_is_told_to_and_has_time_to_save(service):
    assert service["init"] is True
    assert service["stop_grace_period"] == "2m"


@pytest.mark.parametrize("name", ["distributed", "distributed-peer"])
def test_torchrun_gives_its_processes_time_to_save_and_ends_before_docker_kills_it(name):
    service = SERVICES[name]
    assert service["entrypoint"][0] == "torchrun"
    grace = 60 * int(service["stop_grace_period"].removesuffix("m"))
    assert 60 < service["environment"]["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"] < grace


@each_service
def test_a_service_has_shared_memory_and_keeps_what_it_writes_on_volumes(service):
    assert service["shm_size"] == "2gb"
    assert {volume.split(":")[0] for volume in service["volumes"]} == VOLUMES


@each_service
def test_a_service_does_not_leave_its_number_of_threads_to_the_machine(service):
    assert service["environment"]["OMP_NUM_THREADS"]


@each_service
def test_a_service_has_no_privileges(service):
    assert not service.keys() & {"user", "privileged", "cap_add", "network_mode", "pid", "ipc"}


@each_service
def test_configurations_that_a_service_names_exist(service):
    named = [word for word in service.get("command", []) if word.startswith("configs/")]
    assert [name for name in named if not (ROOT / name).is_file()] == []


@each_service
def test_a_service_is_built_from_a_stage_and_arguments_that_the_dockerfile_has(service):
    assert service["build"]["target"] in re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE)
    assert service["build"]["args"].keys() == set(re.findall(r"^ARG (\w+)=", DOCKERFILE, re.MULTILINE))


@pytest.mark.parametrize("stage", ["test", "runtime"])
def test_an_image_runs_as_a_user_without_privileges(stage):
    (text,) = re.findall(rf"^FROM \S+ AS {stage}$(.*?)(?=^FROM|\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    instructions = [line.split()[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert "USER wgan" in text
    assert "RUN" not in instructions[instructions.index("USER") :]


def test_packages_are_those_that_setup_cfg_asks_for():
    given = ConfigParser()
    given.read(ROOT / "setup.cfg")
    extras = given["options.extras_require"]
    (named,) = re.findall(r"lit-wgan\[(.*)\]", extras["dev"])
    of_extras = "\n".join(extras[extra] for extra in named.split(","))
    for arguments, lines in (
        ([], given["options"]["install_requires"]),
        (["dev"], extras["dev"].replace(f"lit-wgan[{named}]", of_extras)),
    ):
        command = [sys.executable, str(ROOT / "docker" / "requirements.py"), str(ROOT / "setup.cfg"), *arguments]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert printed.split() == lines.split()
        assert "#" not in printed


def test_what_is_copied_into_an_image_exists_and_is_sent_to_the_build():
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert [name for name in sent if not (ROOT / name).exists()] == []
    copied = re.findall(r"^COPY (\S+) \S+$|source=([\w./]+),", DOCKERFILE, re.MULTILINE)
    assert {(copy or bind).split("/")[0] for copy, bind in copied} <= sent


def test_every_requirement_is_locked():
    """Of the package and of all its extras: else `make` installs a version that nobody has tested."""
    setup = ConfigParser()
    setup.read_string((ROOT / "setup.cfg").read_text())
    lines = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    required = {plain(name) for name in re.findall(r"^([\w-]+)", "\n".join(lines), re.MULTILINE)} - {"lit-wgan"}
    locked = [plain(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()]
    assert len(required) > 40
    assert sorted(required - set(locked)) == []


def test_every_locked_package_has_the_hashes_of_its_files():
    lines = (ROOT / "docker" / "hashes.txt").read_text().splitlines()
    hashed = [line.split(" ", 1)[0] for line in lines]
    locked = [plain(line) for line in (ROOT / "constraints.txt").read_text().split()]
    assert [name for name in locked if name not in hashed] == []
    assert [name for name in hashed if name not in locked and not name.startswith("setuptools==")] == []
    assert all(re.fullmatch(r"[\w.+-]+==[\w.+]+( --hash=sha256:[0-9a-f]{64})+", line) for line in lines)


@pytest.mark.parametrize("hashes", ["", "1"])
def test_with_hashes_required_nothing_is_installed_that_was_not_checked(hashes, tmp_path):
    pip = tmp_path / "pip"
    pip.write_text('#!/bin/sh\necho "$PIP_NO_INDEX $PIP_FIND_LINKS $*"\n')
    pip.chmod(0o755)
    variables = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "REQUIRE_HASHES": hashes, "WHEELS": "/w"}
    script = ["sh", str(ROOT / "docker" / "install.sh")]
    printed = subprocess.run(
        [*script, "-c", "c.txt", "torch"], env=variables, capture_output=True, text=True, check=True
    )
    download = (
        f"  download --quiet --require-hashes --no-deps --only-binary=:all: --dest /w --requirement {ROOT}/docker/"
    )
    expected = [f"{download}hashes.txt", "1 /w install -c c.txt torch"] if hashes else ["  install -c c.txt torch"]
    assert printed.stdout.splitlines() == expected
    both = subprocess.run(script, env=variables | {"TORCH_INDEX": "x"}, capture_output=True, text=True)
    assert both.returncode == (2 if hashes else 0)


def is_sent(path):
    """Whether the build gets a file, as Docker decides it: the last pattern of .dockerignore that fits wins."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        anywhere = pattern.startswith("**/")
        parts = PurePosixPath(path).parts
        candidates = [PurePosixPath(*parts[: end + 1]) for end in range(len(parts))]
        names = [each.name if anywhere else str(each) for each in candidates]
        if line and not line.startswith("#") and any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
            sent = line.startswith("!")
    return sent


def test_keys_are_not_sent_to_the_build_and_so_get_into_no_image():
    (named,) = {entry["path"] for service in SERVICES.values() for entry in service.get("env_file", [])}
    keys = [f"docker/{named}", ".env", "docker/.env", "tests/.env.local", "configs/mine.env", "lit_wgan/.netrc"]
    assert [path for path in keys if is_sent(path)] == []
    assert [path for path in (".git/config", "runs/a/version_0/config.yaml", ".venv/bin/python") if is_sent(path)] == []
    needed = [
        "docker/requirements.py",
        "lit_wgan/runs/environment.py",
        "setup.cfg",
        "tests/conftest.py",
        "configs/a.yaml",
    ]
    assert all(map(is_sent, needed))


@with_compose
def test_compose_reads_the_file_and_all_services():
    result = compose("--profile", "gpu", "config", "--format", "json")
    assert result.returncode == 0, result.stderr
    read = json.loads(result.stdout)
    assert read["services"].keys() == SERVICES.keys()
    assert read["volumes"].keys() == VOLUMES


@with_compose
def test_the_gpu_service_starts_only_on_request():
    assert "gpu" not in compose("config", "--services").stdout.split()


@with_compose
def test_compose_takes_the_threads_and_the_sweep_from_the_environment():
    read = json.loads(compose("config", "--format", "json", THREADS="3", SWEEP="a/b/c").stdout)["services"]
    assert read["train"]["environment"]["OMP_NUM_THREADS"] == "3"
    assert read["sweep"]["environment"]["SWEEP"] == "a/b/c"
