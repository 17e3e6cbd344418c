"""What a question asks for, guessed from examples: nothing where they do not decide."""

from llm.offline.subjects.classifier import asked_for, likely

__all__ = ["asked_for", "likely"]
