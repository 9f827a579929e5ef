"""Formats that become data sets, one a file: a module's ``prepare`` is the whole import."""
