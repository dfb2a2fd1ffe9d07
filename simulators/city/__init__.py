"""A seeded city with a known true risk for each unit: :func:`generate` gives a :class:`City` of plain rows."""

from simulators.city.generating import generate
from simulators.city.model import METRICS, City, ReadingBlock
from simulators.city.writing import write

__all__ = ["METRICS", "City", "ReadingBlock", "generate", "write"]
