"""Real servers that tests start, take away without warning, and start again."""
