"""Pulling over a network: everything that all connectors have in common, once.

Belongs here: the HTTP client, pages as received, the spool that makes a pull resumable, and how pulled pages become a
load. Does not belong here: anything that only one system knows (connectors).
Sits between the connectors' declarations and landing.
"""
