"""Files that look like secrets, by their names alone: nothing here knows what is in them."""

from __future__ import annotations

import re

_NAMES = (
    rb"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?",  # keys of ssh
    rb"[^/\n]*\.(?:pem|key|ppk)",  # keys for TLS and of PuTTY; certificates are called the same
    rb"[^/\n]*\.(?:p12|pfx|jks|keystore|kdbx)",  # stores of keys, or of passwords
    rb"\.(?:npmrc|yarnrc\.yml|pypirc|netrc|pgpass|my\.cnf|htpasswd|git-credentials)",  # logins that tools keep
    rb"(?:_netrc|credentials|credentials\.(?:json|xml|toml|db)|\.dockercfg)",  # and clouds, package managers, engines
    rb"\.env(?:\.(?!example$|sample$|template$|dist$)[^/\n]*)?",  # settings of an application; not their examples
)
SECRETS = re.compile(rb"(?:^|(?<=/))(?:" + b"|".join(_NAMES) + rb")$", re.MULTILINE)
"""The names among paths, one a line."""


def looks_secret(path: bytes) -> bool:
    """Whether a file of this path is likely to hold a key, a password or a token."""
    return SECRETS.search(path.replace(b"\n", b"\0")) is not None
