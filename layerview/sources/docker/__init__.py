"""Images and containers of a Docker Engine, and of whatever speaks its API: how it is reached, and what it keeps."""
