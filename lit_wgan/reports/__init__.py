"""What a run looks like and how it fares, for people: diagnosis, and a page to send to a colleague."""

from lit_wgan.reports.page import Options, make_page, write_report

__all__ = ["Options", "make_page", "write_report"]
