"""Who is responsible where, which areas are at risk, who may sit in a control room, and how enforcement is assessed.

A list of a past day is computed again from rows that are only ended and never moved (``terms``).
"""
