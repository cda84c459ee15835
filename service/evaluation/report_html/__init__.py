"""A report as one page of HTML that needs nothing else: no network, no other file, and no JavaScript to be read."""

from service.evaluation.report_html.page import html

__all__ = ["html"]
