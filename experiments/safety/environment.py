"""The environment of a process that may do harm: the target and nothing of what lies in the shell.

With ``AWS_PROFILE`` or ``AWS_ENDPOINT_URL_EC2`` in the shell, boto3 goes to the real endpoint with that profile's key,
whatever ``AWS_ENDPOINT_URL`` says; a proxy would carry the call elsewhere, too. So all of that is removed first.
"""

import os
from pathlib import Path

from experiments.recording import current_region
from fixtures.target import Target

_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "ftp_proxy"}


def clean_environment(target: Target, run: Path, experiment: str) -> dict[str, str]:
    """The whole environment of a ``chaos run`` of that experiment for that run."""
    kept = {name: value for name, value in os.environ.items() if not _misleads(name)}
    return {**kept, **_aws(target), **_suite(target, run, experiment)}


def _misleads(name: str) -> bool:
    return name.startswith(("AWS_", "BOTO_", "CHAOSTOOLKIT_")) or name.lower() in _PROXIES


def _aws(target: Target) -> dict[str, str]:
    found = {
        "AWS_REGION": target.region_name,
        "AWS_DEFAULT_REGION": target.region_name,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if target.endpoint_url:
        found["AWS_ENDPOINT_URL"] = target.endpoint_url
    if target.access_key_id and target.secret_access_key:
        found["AWS_ACCESS_KEY_ID"] = target.access_key_id.get_secret_value()
        found["AWS_SECRET_ACCESS_KEY"] = target.secret_access_key.get_secret_value()
    return found


def _suite(target: Target, run: Path, experiment: str) -> dict[str, str]:
    return {
        "SUITE_TARGET": target.name,
        "SUITE_REGION": current_region(),
        "SUITE_RUN": str(run),
        "SUITE_EXPERIMENT": experiment,
    }
