"""A job operator: looks at what waits, what runs and what has ended. Reads only."""

from loadtests.api import jobs
from loadtests.timetable import Due
from loadtests.user import LoadUser

# The pages of HotWax's job manager: pending, running, history.
PAGES = (("SERVICE_PENDING",), ("SERVICE_RUNNING", "SERVICE_QUEUED"), ("SERVICE_FINISHED", "SERVICE_FAILED"))


class Jobs(LoadUser):
    """findJobs, page by page, and again."""

    journey = "jobs"
    endpoints = ("GET /api/findJobs",)

    def turn(self, due: Due) -> None:
        """Look at the next page."""
        self.send(jobs.find_jobs(PAGES[due.n % len(PAGES)]), due)
