"""Ordinary Chaos Toolkit probes: each reads one value through the API, DNS, HTTP or SQL, and changes nothing."""
