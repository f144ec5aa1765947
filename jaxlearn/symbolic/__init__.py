"""Expressions, and the functions compiled from them."""

__all__: list[str] = []
