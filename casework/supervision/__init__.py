"""Supervision of the process: detectors that look at what was done, people who decide, files drawn to be read.

A detector marks an act and accuses nobody: what it found counts only once a person has called it a fault.
"""
