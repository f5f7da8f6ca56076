"""What the house does with the product: set up, demonstrate, measure, write generated files."""
