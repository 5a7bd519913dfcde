"""How things are called and written for people: what the screen and the reports both say, each once.

``changes`` has the signs and counts of what differs, ``entries`` what a path is, ``layers`` instructions and waste,
``figures`` bytes and numbers, ``times`` moments, and ``lineage`` the picture of what images share. What comes from an image
leaves here as one harmless line.
"""
