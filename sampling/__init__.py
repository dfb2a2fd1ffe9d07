"""Ratios, draws, seeds, officers for each visit, verification and estimates.

The middle is pure: :mod:`sampling.frame` makes the frame of a day from plain values, :mod:`sampling.bundle` draws from
a frame and a seed, :mod:`sampling.verify` checks a bundle without anything else of this program. Around it
:mod:`sampling.freeze` and :mod:`sampling.draw` read and write the database, and :mod:`sampling.reading` serves pages.
This room never reads telemetry: what devices say reaches it only as a score.

Nothing is imported here: :mod:`sampling.verify` stands on the standard library alone and starts as fast.
"""
