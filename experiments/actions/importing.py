"""An import that is long enough to be hit in the middle, and the instance that works on it."""

from collections.abc import Collection

from experiments.actions.fault import NobodyToHurtError
from experiments.probes import jobs
from experiments.probes.watching import wait_until
from experiments.recording import current_events, current_experiment, current_run
from experiments.sinks.read import open_sink
from experiments.sinks.writing import Writer
from fixtures.target import Target

IMPORT_ORDERS = 60
IMPORT_LIMIT_S = 30.0
LOOK_EVERY_S = 0.05  # the import takes about 3 s; a fault that comes after it would hit nothing


def importing_instance(target: Target, *, among: Collection[str], limit_s: float) -> str:
    """Wait until one of these instances is in the middle of importing at least 50 orders; return its id.

    Uploads such a file itself, so that nothing depends on what the load happens to send. Raises NobodyToHurtError.
    """
    worker = f"import-{current_experiment()}"
    with Writer(target, current_run(), current_events(), worker=worker, mark="LI") as writer:
        writer.import_orders(IMPORT_ORDERS)
    primary = open_sink(target, "primary")
    owner: str | None = None

    def found() -> bool:
        nonlocal owner
        owner = jobs.big_import_owner(primary)
        return owner in among

    if not wait_until(found, within_s=limit_s, every_s=LOOK_EVERY_S) or owner is None:
        raise NobodyToHurtError(
            f"async group: expected an import of {jobs.BIG_IMPORT_ROWS} orders on its way in {limit_s:g} s, found none"
        )
    return owner
