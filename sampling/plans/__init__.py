"""Yearly and monthly plans of inspection (年度、月度检查计划): quotas that add up, months, officers, what can't be met.

The middle is pure: :mod:`shares` rounds, :mod:`targets` makes the rows, :mod:`capacity` asks what officers can do,
:mod:`content` puts a plan together and says what of it is public. Around it :mod:`reading` asks the database,
:mod:`record` keeps versions, :mod:`progress` sets what was done beside what was planned.
"""
