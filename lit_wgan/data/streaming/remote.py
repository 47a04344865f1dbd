"""Files at an address of object storage, fetched by litdata's clients within limits of time."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property, partial
from io import BytesIO
from threading import Thread
from typing import Any, BinaryIO, TypeVar

from lit_wgan.data.packages import optional_package
from lit_wgan.engine.workers import WORKER_SECONDS
from lit_wgan.errors import UsageError

T = TypeVar("T")
PART = 8 * 2**20
"""Bytes of one request."""
TRIES = 3
"""Of one request."""


class Remote:
    """What lies at an address.

    Args:
        url: such as ``s3://bucket/folder``.
        storage_options: what litdata's client of such addresses is made with, such as ``endpoint_url`` for S3.
        timeout: seconds in which a server has to answer, in each of three tries.
    """

    def __init__(self, url: str, storage_options: dict[str, Any], timeout: float):
        self.url = url.rstrip("/")
        self.storage_options = storage_options
        self.timeout = timeout

    def read(self, name: str) -> bytes:
        """The content of a small file.

        Raises:
            UsageError: if there is none, or it cannot be had.
        """
        buffer = BytesIO()
        self._ask(name, partial(self._client.download_fileobj, f"{self.url}/{name}", buffer))
        return buffer.getvalue()

    def copy(self, name: str, size: int, file: BinaryIO) -> None:
        """Write a file of so many bytes into another, in parts, so that memory does not grow with its size.

        Raises:
            UsageError: as :meth:`read`, and if the file is shorter.
        """
        for first in range(0, size, PART):
            part = (f"{self.url}/{name}", first, min(PART, size - first), file.name)
            file.write(self._ask(name, partial(self._client.download_bytes, *part)))

    def _ask(self, name: str, request: Callable[[], T]) -> T:
        try:
            return request()
        except Exception as error:  # each client has its own, and none of them names the file reliably
            first_line = str(error).partition("\n")[0]
            raise UsageError(
                f"Expected to read {self.url}/{name}, but got {type(error).__name__} ({first_line}). See whether it is "
                "there, and check the address, data.storage_options, the credentials and the connection."
            ) from error

    @cached_property
    def _client(self) -> Any:
        """Made where it is first used, since not every client outlives a fork."""
        from litdata.streaming.downloader import Downloader, get_downloader

        options = self.storage_options
        if self.url.startswith(("s3://", "r2://")):
            config = optional_package("botocore.config", self.url, "streams")
            retries = {"total_max_attempts": TRIES, "mode": "standard"}  # litdata's own 1000 would take a day
            limits = config.Config(retries=retries, connect_timeout=self.timeout, read_timeout=self.timeout)
            options = {"config": limits} | options
        if self.url.startswith("gs://"):
            optional_package("google.cloud.storage", self.url, requirement="google-cloud-storage")
        try:
            client = get_downloader(self.url, "", [], options, {})
        except ModuleNotFoundError as error:  # of a client that litdata was told of
            raise UsageError(
                f"Expected the client of {self.url} to be installed, but got: {error}. Install it with pip."
            ) from error
        parts = ("download_fileobj", "download_bytes")
        if any(getattr(type(client), part) is getattr(Downloader, part) for part in parts):
            raise UsageError(
                f"Expected data.url to be a folder or an address that starts with s3://, r2:// or gs://, but got "
                f"{self.url}. Copy the data set to one of these."
            )
        return client


def in_background(function: Callable[..., T], *arguments: Any) -> "Future[T]":
    """Call a function in a thread that no process waits for at its end."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function(*arguments))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def within_limit(future: "Future[T]", what: str) -> T:
    """The result of what goes on in the background.

    Raises:
        UsageError: if it takes longer than a loader worker may.
    """
    try:
        return future.result(WORKER_SECONDS)
    except TimeoutError:
        if future.done():
            raise  # out of the function itself
        raise UsageError(
            f"Expected {what} within {WORKER_SECONDS:.0f} s, but it has not come. Look at the connection, or write the "
            "data set again in smaller chunks."
        ) from None
