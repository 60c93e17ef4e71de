"""The accuracy suite: load generators against a server whose every misdeed is known, and how far off their figures are.

``make accuracy``. The server and the byte-level proxy before it play a fault script; what a customer would have seen is
computed from the plan of arrivals, the script and their logs, never from what a client says of itself.
"""
