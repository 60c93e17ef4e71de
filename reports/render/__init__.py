"""Renders what the judge said, for people."""

from reports.render.page import report_html

__all__ = ["report_html"]
