"""A year simulated beside simpler ways to choose: worlds, losses of capacity, hazards, rivals, comparison, page."""
