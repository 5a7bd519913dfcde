"""Images of registries, without any engine: logins, mirrors and requests, and layers as they come."""
