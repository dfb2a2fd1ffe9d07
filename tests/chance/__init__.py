"""Whether draws are as random as they say: see :mod:`tests.chance.__main__`."""
