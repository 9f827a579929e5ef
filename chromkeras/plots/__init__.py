"""Pictures of training and evaluation, drawn off screen."""
