"""What an image is: reference, platform, manifest, config and history, as plain data."""
