"""How fast it is, side by side: stock Rasa, the limit of the wire, and ours; `make bench` (docs/operations.md, 容量)."""
