"""The web's front door: how requests come in and answers go out, whatever the client's pace."""
