"""Trained models side by side: how well they predict, what they cost, what they have learned."""
