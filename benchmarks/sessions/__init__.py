"""Sessions of the app without a browser, for the benchmarks of a class and of the server."""
