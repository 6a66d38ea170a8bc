"""What people touch: the command line and the worker, over the use cases of the engine. No logic of its own."""
