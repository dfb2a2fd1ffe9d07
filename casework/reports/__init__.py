"""Reports of a year, a quarter and a month: each figure is the sum over rows that the same statement lists."""
