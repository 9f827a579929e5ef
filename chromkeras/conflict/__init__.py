"""Conflict methods, one a file: how the tasks' gradients are merged.

All of them are linear combinations Σ_i c_i g_i of the T gradients whose coefficients depend only on
the Gram matrix of the gradients, G_ik = g_i·g_k, so a method is a function ``coefficients`` from G,
shape (T, T) and float32, to c, shape (T,), written in ``keras.ops`` with nothing the size of a
gradient in it. All are scaled like the sum of the gradients, so that learning rates are comparable.
A task without a gradient (no known label in the batch) neither counts nor contributes.
"""
