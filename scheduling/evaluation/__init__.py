"""How well the assistant does on conversations whose right outcome is known."""
