"""What a message is for, guessed from examples, with a word on how sure the guess is."""

from leads.intents.classifier import Guess, guess

__all__ = ["Guess", "guess"]
