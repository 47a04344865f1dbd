"""Data sets larger than the disk: litdata's chunks, in a folder or at an address, with an order that never changes."""

from lit_wgan.data.streaming.streaming_data import StreamingData

__all__ = ["StreamingData"]
