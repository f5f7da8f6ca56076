"""The embedded chain: one anvil process on loopback. For trying out, tests and demos."""
