"""Check of the account on Weights & Biases, within seconds and without a prompt.

``wandb.login(verify=True)`` takes longer to give up, may prompt, changes W&B's settings, and does not tell a key
that is refused from a service that does not answer.
"""

import base64
import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from lit_wgan.engine.internals import netrc_key
from lit_wgan.errors import UsageError

UNCONNECTED = ("offline", "dryrun", "disabled")
OTHERWISE = "WANDB_MODE=offline keeps the log in the run's directory."
MEND_KEY = f"Run wandb login --relogin or correct WANDB_API_KEY, or: {OTHERWISE}"


def is_connected() -> bool:
    """Whether W&B's mode, from ``WANDB_MODE`` or ``wandb offline``, is one that needs the service."""
    return settings().mode not in UNCONNECTED


def settings() -> Any:
    """W&B's settings, from variables and from its own files."""
    import wandb

    try:
        return wandb.setup().settings
    except ValueError as error:
        reason = " ".join(str(error).split("[")[0].splitlines()[1:]).strip()
        raise UsageError(f"Expected valid settings of W&B, but got: {reason}. Mend the WANDB_ variable.") from error


def check_account(patience: float = 5.0) -> None:
    """Ask the service whom the key belongs to, unless W&B is offline or disabled.

    Args:
        patience: seconds to wait for a connection and for the answer.

    Raises:
        UsageError: if there is no key, the service refuses it, or it does not answer as it should.
    """
    found = settings()
    if not is_connected() or found.identity_token_file:
        return
    url = found.base_url
    key = find_key(url)
    if not key:
        raise UsageError(f"Expected a key for W&B at {url}, but got none. Run wandb login, or: {OTHERWISE}")
    try:
        viewer = _ask_for_viewer(url, key, patience)
    except HTTPError as error:
        if error.code not in (401, 403):
            raise _unreachable(url, f"HTTP status {error.code}") from error
        viewer = None
    except (OSError, HTTPException, ValueError) as error:
        raise _unreachable(url, str(getattr(error, "reason", error))) from error
    if viewer is None:
        raise UsageError(f"Expected a key that W&B at {url} knows, but got one that it refuses. {MEND_KEY}")


def find_key(url: str) -> str | None:
    """The key for a service, from ``WANDB_API_KEY``, W&B's settings or the user's netrc file."""
    from wandb.errors import AuthenticationError

    try:
        return settings().api_key or netrc_key(url)
    except AuthenticationError as error:
        raise UsageError(f"Expected a key for W&B at {url}, but got one with a fault: {error} {MEND_KEY}") from error


def _ask_for_viewer(url: str, key: str, patience: float) -> Any:
    query = json.dumps({"query": "query Viewer { viewer { id } }"}).encode()
    login = base64.b64encode(f"api:{key}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
    with urlopen(Request(f"{url}/graphql", query, headers), timeout=patience) as answer:
        return (json.load(answer).get("data") or {}).get("viewer")


def _unreachable(url: str, reason: str) -> UsageError:
    return UsageError(
        f"Expected W&B at {url} to answer, but got: {reason}. Check the network and WANDB_BASE_URL, or: {OTHERWISE}"
    )
