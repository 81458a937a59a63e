"""What the office does with cases: one use case a module, the rules being data (catalog/)."""
