"""Programs around the product: set it up, demonstrate it, write generated files, run test networks."""
