"""What changes the whole process: done when the program runs, never because a module is imported.

``interrupts`` is about Ctrl+C, ``garbage`` about when Python collects it, ``screen`` about what a screen needs to be quick,
``open_files`` about how many of them there may be.
"""
