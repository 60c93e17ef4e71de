"""What ``locust -f loadtests/locustfile.py --headless -t 30s`` loads; a game day starts it the same way.

Settings come from the environment (``eval "$(stack env)"``): SUITE_TARGET, SUITE_REGION, SUITE_PROFILE, SUITE_SEED, and
SUITE_RUN, the run directory of another process (a worker needs that of its main process); without it one is made, at
SUITE_OUT if that is set, and its path printed. Both may be a URL (s3://bucket/path), to which the main process and each
worker bring their part at the end. How many users there are and how often they send is the profile's business: ``-u``
and ``-r`` are ignored with a warning, ``--host`` is refused, and ``--processes 2`` works. A verdict is not given here;
the exit code is 0 when the run ended cleanly, however many requests failed.
"""

from loadtests.journeys.bopis import Bopis
from loadtests.journeys.csr import Csr
from loadtests.journeys.fulfillment import Fulfillment
from loadtests.journeys.intake import Bulk, Intake
from loadtests.journeys.jobs import Jobs
from loadtests.journeys.pos import Pos
from loadtests.journeys.shopper import Shopper
from loadtests.launch import Launch

__all__ = ["Bopis", "Bulk", "Csr", "Fulfillment", "Intake", "Jobs", "Pos", "Shopper"]

Launch().attach()
