"""What stands around lists: frames, the line of keys, and the list of all keys."""
