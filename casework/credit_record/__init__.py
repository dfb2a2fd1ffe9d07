"""Credit beyond the ledger: notices before a listing, the lists with their measures, what is public from when until
when, objections, repairs, yearly evaluations, what other bodies told, promises, and the export for the credit platform.

The ledger of points is :mod:`casework.credit`; what a step needs that is not there yet is a closed gate.
"""
