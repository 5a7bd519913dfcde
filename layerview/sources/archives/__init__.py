"""Images in archives, layouts and folders: which there are, and their layers, in place or as they pass by."""
