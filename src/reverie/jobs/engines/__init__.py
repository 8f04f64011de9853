"""Where tasks are done: processes of this machine, or those of a cluster. Nothing else knows which."""
