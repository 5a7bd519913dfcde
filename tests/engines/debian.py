"""An image of a Debian system in which files and packages come and go: what a build of it takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.builders import file, layer

DOCKERFILE = r"""
FROM {base}
ENV LANG=C.UTF-8
COPY hello.deb /tmp/
RUN dpkg -i /tmp/hello.deb && rm /tmp/hello.deb
RUN mkdir -p /opt/tool/bin /opt/tool/share && echo 1 > /opt/tool/share/one && cp /bin/ls /opt/tool/bin/ls \
 && echo overwritten > /etc/issue && echo more >> /etc/profile
COPY --chown=5:6 site /srv/site
ADD odd.tar /srv/odd
RUN chmod -R go-rwx /etc/cron.daily && chmod 4755 /opt/tool/bin/ls && chmod 1777 /srv \
 && chown -R 1000:1000 /opt/tool && chown 7 /usr/share/doc/tar \
 && rm -r /usr/share/doc/sed /usr/share/doc/grep/copyright && rm /usr/bin/perl5.36.0
RUN mv /opt/tool /opt/moved && mv /etc/issue /etc/issue.old && dpkg --purge hello-layers \
 && rm -r /var/log && mkdir /var/log && echo new > /var/log/new
RUN ln /etc/profile /etc/profile.linked && ln -s profile /etc/profile.link && ln -s /nowhere /srv/dangling \
 && ln /usr/bin/gzip /usr/local/bin/gzip \
 && rm -r /etc/skel && ln -s default /etc/skel && rm /etc/issue.net && mkdir /etc/issue.net \
 && rm /usr/bin/awk && echo file > /usr/bin/awk
RUN echo changed > /etc/profile.linked && chmod 600 /usr/local/bin/gzip \
 && touch -d 2001-02-03T04:05:06 /srv/site/index.html && mkfifo /srv/pipe && mknod /srv/null c 1 3
RUN rm /etc/profile && rm -r /opt/moved/share && mkdir /opt/moved/share
CMD ["bash"]
"""


def write_context(folder: Path) -> None:
    """Write what the Dockerfile copies."""
    package = folder / "hello"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "DEBIAN/control").write_text(
        "Package: hello-layers\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\n"
        "Description: -\n"
    )
    (package / "usr/share/hello").mkdir(parents=True)
    (package / "usr/share/hello/world").write_text("hello\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", package, folder / "hello.deb"], check=True)
    (folder / "site/deep/er").mkdir(parents=True)
    (folder / "site/index.html").write_text("<p>hello")
    (folder / "site/deep/er/カメラ").write_text("x")
    odd = (("a b", b"1"), ("tab\there", b"22"), (f"{'long/' * 40}name", b"333"), (b"caf\xe9", b"4444"))
    entries = (file(name, content, mode=0o640, uid=70_000, gid=3) for name, content in odd)
    (folder / "odd.tar").write_bytes(layer(*entries))
