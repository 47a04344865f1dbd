"""Lines of text files as training and held-out samples: rows of the codes of their characters."""

from lit_wgan.data.text.opening import TextFiles, open_text

__all__ = ["TextFiles", "open_text"]
