"""The assistant's desk: what it is told, tried before it answers leads, and replayed on real conversations."""
