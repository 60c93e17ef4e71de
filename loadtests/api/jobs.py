"""The OFBiz API as HotWax's job manager uses it (hotwax/job-manager v2.35.2). Pure."""

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from loadtests.api.call import PREFIX, Call

FIELDS = ("jobId", "jobName", "serviceName", "systemJobEnumId", "statusId", "runTime", "finishDateTime", "jobResult")
PAGE = 10


def find_jobs(statuses: Sequence[str]) -> Call:
    """List the newest jobs in these states that a person may look at."""
    inputs = {"statusId": list(statuses), "statusId_op": "in", "systemJobEnumId_op": "not-empty"}
    query = [("inputFields", json.dumps(inputs)), *(("fieldList", field) for field in FIELDS)]
    query += [("orderBy", "runTime DESC"), ("viewSize", str(PAGE)), ("viewIndex", "0")]
    path = f"{PREFIX}findJobs"
    return Call("GET", f"{path}?{urlencode(query)}", f"GET {path}", proof="docs", needs_token=True)
