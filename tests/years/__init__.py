"""Simulated years of small cities with random losses, each held against what a draw promises."""
