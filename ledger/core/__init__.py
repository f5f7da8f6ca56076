"""The pure core: formats and rules. No I/O, clock, randomness or environment; time is an argument."""
