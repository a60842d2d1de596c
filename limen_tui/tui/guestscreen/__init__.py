"""The guest's own screen, in the terminal."""
