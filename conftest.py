"""Lists the modules with pytest fixtures; holds nothing else."""

pytest_plugins = ("fixtures.stack",)
