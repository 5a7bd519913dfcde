"""The list that every pane is, painted line by line, and what is said and typed in one."""
