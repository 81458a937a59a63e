"""The WeChat platform on one machine, wire-exact; imports nothing of the product."""
