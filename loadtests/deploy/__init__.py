"""Files to run load from a container, from a cluster and from a pipeline; ``test_deploy.py`` holds them to the code."""
