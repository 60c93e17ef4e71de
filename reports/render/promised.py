"""What each promise says, as one sentence for somebody who was not there. Pure."""

from reports.judge import Promise
from reports.render.wording import number

SENTENCES = {
    "fault_happened": "The fault shows in the AWS API and is felt on the data plane.",
    "steady_state_before": "The system is healthy before anything is done to it.",
    "steady_state_after": "After the fault every probe is back in its tolerance.",
    "load_delivered": "The load generator sends what was planned, in time.",
    "recovered_within_rto": "Customers are served again within {objective} of the fault.",
    "availability_within_budget": "The fault costs customers at most {objective} of outage.",
    "latency_back_in_band": "After the fault 95 % of requests are answered within {objective} again.",
    "capacity_restored": "As many members as before are back at work, in their zones.",
    "undone": "Whatever the suite did is undone, and read back.",
    "no_acknowledged_write_lost": "Every write that was acknowledged is there.",
    "no_write_duplicated": "No write is there twice.",
    "no_phantom_write": "Nothing is there that was refused or that nobody wrote.",
    "no_write_corrupted": "Every write has the content that was sent.",
    "landed_within_freshness": "Every acknowledged write is there within {objective}.",
    "replica_caught_up": "The replica shows a row written after the last undo within {objective}.",
    "jobs_drained": "Every job that was due is done, without an error.",
    "no_job_orphaned": "No job is held by an instance that is gone.",
    "no_job_run_twice": "No job is carried out twice.",
    "schedules_kept": "Every recurring job has exactly one next run.",
}


def promised(promise: Promise) -> str:
    """Return the sentence of a promise, with its objective."""
    sentence = SENTENCES.get(promise.name)
    if sentence is None:
        return f"{promise.name.replace('_', ' ').capitalize()}."
    objective = number(promise.numbers.get("objective"), promise.numbers.get("unit"))
    if "{objective}" in sentence and promise.numbers.get("objective") is None:
        return sentence.replace(" within {objective}", " in time").replace(" at most {objective} of", " little")
    return sentence.format(objective=objective)
