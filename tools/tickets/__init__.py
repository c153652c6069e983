"""Tickets: the same operations and the same shape of answers over GitHub Issues, Jira and Linear."""
