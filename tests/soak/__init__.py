"""Hours of trouble in minutes: everything that can die is killed, and a ledger says whether anything was lost.

``python -m tests.soak`` (or ``make soak``) runs the scenarios of :mod:`tests.soak.scenarios`. The publisher is a
process of its own and keeps the ledger: what it sent, and what the broker acknowledged. At the end the ledger is
compared with the tables, message by message.
"""
