"""Engines that do tasks, in processes of this machine or of a cluster; no other package depends on which."""
