"""When, where and for whom: specs, the command line, and the servers of one machine."""
