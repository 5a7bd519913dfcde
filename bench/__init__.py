"""Measurements of layerview beside dive: ``make bench``.

``images`` makes the images, once. ``terminal`` runs a program in a pty, as a terminal would, and ``playback`` finds
afterwards when which screen stood there. ``programs`` says how layerview and dive are started and recognised,
``visits`` what is measured of one, ``floor`` what takes least for an image of a registry, ``sections`` which measurements
make a row of the results, and ``results`` how they are kept and written down. Nothing here fails because something is slow.
"""
