"""What can be wrong with what a report was asked for."""


class SlaError(Exception):
    """The report cannot be made as asked; the message is one clear line for a person."""
