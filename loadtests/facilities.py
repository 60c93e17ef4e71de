"""Who works where: one associate a facility, never two, also when the load runs in several processes."""

from filelock import FileLock, Timeout

from fixtures.target import Writes
from loadtests.profiles import Profile, ProfileError
from reports.evidence import RunDirectory

# Journeys of associates, in the order in which they take facilities: stores come first in the target's list, and
# orders that a customer fetches go to stores only.
ASSOCIATES = ("bopis", "fulfillment")


def facilities_of(profile: Profile, writes: Writes) -> dict[str, tuple[str, ...]]:
    """Share the target's facilities out to the profile's associates, by journey.

    Raises ProfileError when there are more associates than facilities.
    """
    left, found = list(writes.associate_facility_ids), {}
    for journey in ASSOCIATES:
        load = profile.journey(journey)
        users = load.users if load else 0
        found[journey], left = tuple(left[:users]), left[users:]
        if len(found[journey]) < users:
            many = sum(each.users for name, each in profile.journeys() if name in ASSOCIATES)
            there = len(writes.associate_facility_ids)
            raise ProfileError(
                f"profile {profile.name!r}: expected at most {there} associates, one for each of the target's "
                f"associate_facility_ids, found {many}: use fewer users in {' and '.join(ASSOCIATES)}"
            )
    return found


class Post:
    """One associate's facility: taken when he first asks, held until he leaves or his process ends."""

    def __init__(self, run: RunDirectory, facility_ids: tuple[str, ...]) -> None:
        self._run = run
        self._facility_ids = facility_ids
        self._lock: FileLock | None = None
        self.facility_id: str | None = None

    def take(self) -> str | None:
        """Return the facility; None while others hold all that there are."""
        for facility_id in self._facility_ids if self.facility_id is None else ():
            # Not one of a thread's own: whoever ends the user may be another greenlet.
            lock = FileLock(self._run.path / f".associate-{facility_id}", blocking=False, thread_local=False)
            try:
                lock.acquire()
            except Timeout:
                continue
            self._lock, self.facility_id = lock, facility_id
            break
        return self.facility_id

    def leave(self) -> None:
        """Let another associate have it; safe to call twice."""
        if self._lock is not None:
            self._lock.release()
        self._lock = self.facility_id = None
