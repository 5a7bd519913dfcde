"""What exploring one image and comparing two have in common: layers, files and tabs, each in a pane."""
