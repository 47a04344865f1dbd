"""Running a run again from its record, and comparing."""

from lit_wgan.commands.reproduce.command import reproduce

__all__ = ["reproduce"]
