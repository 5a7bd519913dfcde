"""Images and containers of Podman: by its service, or by its store where none runs."""
