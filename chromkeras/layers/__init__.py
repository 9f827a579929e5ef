"""Per-task layers stacked on a task axis, and the soft-sharing penalty."""
