"""Minibatches out of a data set in chunks."""

from lit_wgan.data.streaming.items import Items
from lit_wgan.data.streaming.order import ChunkOrder
from lit_wgan.engine.minibatches import Minibatch


class StreamMinibatches:
    """Minibatches of items in their order, while the chunks of the next ones are fetched."""

    def __init__(self, items: Items, order: ChunkOrder, rows: slice):
        self.items = items
        self.order = order
        self.rows = rows
        self._expected: list[int] = []

    def minibatch(self, number: int) -> Minibatch:
        """This device's rows of minibatch ``number``, ``(m / devices, ...)``."""
        chunks = self.order.chunks(number)
        if chunks != self._expected:
            self.items.store.expect(chunks)
            self._expected = chunks
        return self.items.read(self.order[number][self.rows])
