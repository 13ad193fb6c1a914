"""What people are told of a model: which news there is, in which words, and which of it is the same as before."""
