"""Lengths of time as people read them, and as they write them."""

from agents.core.duration import parse, show

__all__ = ["parse", "show"]
