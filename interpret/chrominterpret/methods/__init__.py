"""Attribution methods, one a file, on the base in `chrominterpret.methods.base`."""
