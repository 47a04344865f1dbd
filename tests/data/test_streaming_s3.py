"""Streams out of a server that speaks S3, on this machine: training, resuming, and servers that fail."""

import socket
from pathlib import Path

import boto3
import numpy as np
import pytest
import torch
from litdata.streaming.writer import BinaryWriter
from moto.server import ThreadedMotoServer

from lit_wgan import WGAN, StreamingData

pytestmark = pytest.mark.filterwarnings("ignore:.*buffer is not writable")

SCRIPT = Path(__file__).parent / "stream.py"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an S3 with a data set of 105 points in ``bucket/points``."""
    folder = tmp_path_factory.mktemp("stream")
    writer = BinaryWriter(str(folder), chunk_size=10)
    for number, point in enumerate(np.random.default_rng(0).normal(size=(105, 2)).astype(np.float32)):
        writer[number] = {"x": point, "label": number % 5}
    writer.done()
    writer.merge(1)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    address = "http://{}:{}".format(*moto.get_host_and_port())
    client = boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    client.create_bucket(Bucket="bucket")
    for path in folder.iterdir():
        client.upload_file(str(path), "bucket", f"points/{path.name}")
    yield address
    moto.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # which would be asked beyond this machine
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


@pytest.fixture
def points(server, tmp_path):
    """Makes the data set, with a cache of its own."""

    def make(url="s3://bucket/points", address=server, **options):
        given = {"batch_size": 8, "shuffle_chunks": 2, "cache_dir": str(tmp_path / "cache")}
        return StreamingData(url, storage_options={"endpoint_url": address}, **(given | options))

    return make


def weights(run):
    return torch.cat([each.flatten() for each in run.lightning_module.state_dict().values()])


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_run_that_continues_ends_with_the_weights_of_one_that_was_never_stopped(
    workers, points, networks, trainer, tmp_path
):
    def train(updates, **continued):
        run = trainer(updates)
        run.fit(WGAN(**networks(), n_critic=2), points(num_workers=workers), **continued)
        return run

    whole = weights(train(9))
    stopped = train(4)
    stopped.save_checkpoint(tmp_path / "half.ckpt")
    assert torch.equal(weights(train(9, ckpt_path=tmp_path / "half.ckpt")), whole)


def told(data):
    with pytest.raises(ValueError, match="Expected to read s3://") as error:
        data.prepare_data()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("url", ["s3://nowhere/points", "s3://bucket/nothing"])
def test_a_wrong_bucket_or_folder_is_named(url, points):
    assert f"{url}/index.json, but got ClientError" in told(points(url))


def test_missing_credentials_are_told(points, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "NoCredentialsError" in told(points())


@pytest.mark.slow
def test_a_server_that_is_not_there_is_told_after_a_few_tries(points, free_port):
    assert "EndpointConnectionError" in told(points(address=f"http://127.0.0.1:{free_port}"))


@pytest.mark.slow
def test_a_server_that_never_answers_is_told_after_a_few_tries(points):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "ReadTimeoutError" in told(points(address=address, timeout=0.05))


def test_two_processes_train_the_model_of_one_and_continue_to_the_bit(server, script, tmp_path):
    trained = {}
    for processes in (1, 2):
        output = tmp_path / f"weights-{processes}"
        script(tmp_path, SCRIPT, "s3://bucket/points", server, output, processes=processes)
        whole, continued = torch.load(output)
        assert torch.equal(whole, continued)
        trained[processes] = whole
    torch.testing.assert_close(trained[1], trained[2], atol=1e-5, rtol=0)
