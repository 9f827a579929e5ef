"""Commands, one a file: a module's ``command`` is a function or a group of them."""
