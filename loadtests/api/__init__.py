"""One module an API style: paths, bodies, authentication, and what an answer means."""
