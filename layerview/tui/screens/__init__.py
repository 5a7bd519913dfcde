"""What fills the terminal: the explorer, and the list of its keys."""
