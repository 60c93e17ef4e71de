"""``loadgate purge``: lists or cancels the synthetic orders that a run left behind, through the target's HTTP API."""
