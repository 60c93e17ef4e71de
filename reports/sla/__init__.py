"""The service level report: what was promised to customers over a calendar period, and what was measured of it."""

from reports.sla.building import Built, build
from reports.sla.errors import SlaError

__all__ = ["Built", "SlaError", "build"]
