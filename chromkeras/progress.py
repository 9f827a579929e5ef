"""Progress of long work, as in ``chrominterpret``: how far it is and how long it will take."""

from chrominterpret.progress import Report, Reporter, duration, log_progress, progress, reporting

__all__ = ["Report", "Reporter", "duration", "log_progress", "progress", "reporting"]
