"""Where the figures of a service level report come from."""
