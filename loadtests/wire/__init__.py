"""Requests on the wire: one connection, one request at a time, once; what came of it is known and true."""
