"""Texts made to be slow, and the readers that they are given to, both found in the code itself."""
