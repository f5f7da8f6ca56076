"""What ``make bench`` measures, and beside which peers. ``docs/performance.md`` explains the rows."""
