"""The parts of the screen. A widget shows and asks; what it shows is computed elsewhere."""
