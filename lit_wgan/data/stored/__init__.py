"""Arrays and tables in files, read row by row from where they lie."""

from lit_wgan.data.stored.base import StoredArray
from lit_wgan.data.stored.cached import copied
from lit_wgan.data.stored.joined import Joined
from lit_wgan.data.stored.opening import open_array

__all__ = ["Joined", "StoredArray", "copied", "open_array"]
