"""One small file a user journey: what it sends, in which order, and what it may write."""
