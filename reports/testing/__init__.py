"""A made-up run, written through the real writers: what the judge and the report are developed and tested against."""

from reports.testing.story import Story, tell

__all__ = ["Story", "tell"]
