"""List draws: replacements, campaigns, joint draws. Their objects are a list and not the whole register.

:mod:`sampling.lists.frame` and :mod:`sampling.lists.outcome` are pure; :mod:`sampling.lists.freezing` and
:mod:`sampling.lists.drawing` keep the record, in one chain with the daily draws; each kind has a file of its own that
says what its list is. The protocol is ``huoyan-list/1`` in ``docs/draw-protocol.md``.
"""
