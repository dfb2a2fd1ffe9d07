"""Fuzzing of everything that reads bytes of strangers: ``make fuzz``.

``targets`` says what must hold for any bytes, ``seeds`` where to begin, ``guided`` runs one target under atheris
(coverage-guided), ``structured`` runs the JSON targets on what hypothesis makes, ``__main__`` runs them and prints what
came of it. What once broke a target lies in ``crashes/TARGET/`` as hex and is run with every test run.
"""
