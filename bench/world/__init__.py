"""What stands around the product in tests of the whole and in measurements, in processes of its own."""
