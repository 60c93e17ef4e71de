"""A job operator: looks at what waits, what runs and what has ended. Reads only."""

from locust import task

from loadtests.api import jobs
from loadtests.user import LoadUser

# The pages of HotWax's job manager: pending, running, history.
PAGES = (("SERVICE_PENDING",), ("SERVICE_RUNNING", "SERVICE_QUEUED"), ("SERVICE_FINISHED", "SERVICE_FAILED"))


class Jobs(LoadUser):
    """findJobs, page by page, and again."""

    journey = "jobs"
    endpoints = ("GET /api/findJobs",)

    @task
    def turn(self) -> None:
        """Look at the next page."""
        self.send(jobs.find_jobs(PAGES[self.turns % len(PAGES)]))
