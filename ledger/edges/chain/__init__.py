"""The contract on its chain: node, calls, events, transactions."""
