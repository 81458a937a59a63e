"""How fast the live desk is, measured in browsers: `python -m bench.desk`."""
