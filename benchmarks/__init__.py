"""Measurements behind ``make bench``: ``python -m benchmarks [NAME ...]``.

Each benchmark sets a figure beside a ceiling or a peer that was measured in the same run on the same machine, so that
the ratio means something where the seconds don't. Nothing here is a test: speed is measured, never asserted.
"""
