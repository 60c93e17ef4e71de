"""When arrivals are due, decided beforehand by a seed and a rate over time, never by an answer. Pure, no Locust."""

from loadtests.arrivals.intensity import NS, Intensity, Piece
from loadtests.arrivals.journey import JourneyPlan
from loadtests.arrivals.plan import Batch, Plan
from loadtests.arrivals.share import Share, owners, share
from loadtests.arrivals.spacing import SPACINGS, Spacing

__all__ = [
    "NS",
    "SPACINGS",
    "Batch",
    "Intensity",
    "JourneyPlan",
    "Piece",
    "Plan",
    "Share",
    "Spacing",
    "owners",
    "share",
]
