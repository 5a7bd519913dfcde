"""Images of containerd, for which its own command ``ctr`` is asked."""
