"""One VM on its own screen."""
