"""What `make bench` measures, and beside whom."""
