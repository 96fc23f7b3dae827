"""Complete project directories that the project ships: `acme` (a made company) and `public-record` (real data).

Belongs here: projects as a user would write them, and the generator of the made one.
Does not belong here: anything the pipeline needs; no room imports from here.
"""
