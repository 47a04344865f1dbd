"""``lit-wgan figures``: the experiments of the papers, each with its numbers, its claim and its picture."""

from lit_wgan.commands.paper_figures.command import paper_figures, parser

__all__ = ["paper_figures", "parser"]
