"""How fast the engine is: against stock Locust, hey and wrk, on this machine, in the same run."""
