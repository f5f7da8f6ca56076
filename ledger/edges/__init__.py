"""Edges: I/O without decisions. They move bytes and turn what goes wrong outside into the errors of the product."""
