"""Commands: one file each; a command parses, calls one function and reports."""
