"""Learned inversion: decoders trained from responses to movies, with no encoder or beside one."""
