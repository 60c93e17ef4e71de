"""What keeps an experiment from doing harm that nobody wanted: policy, undo, lock; each a page."""
