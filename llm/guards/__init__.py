"""Guards on what goes out, whichever model wrote it: each a pure function of the text and what is known."""
