"""``loadgate stop``: ends a running load from any shell, found by its run directory."""
