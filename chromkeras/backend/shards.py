"""What can be divided among devices; light to import, as help texts list it."""

SHARDS = {
    "data": "the rows of each batch",
    "tasks": "on JAX, the weights with a task axis",
}
