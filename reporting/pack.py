def write_pack(database, directory, settings): return []
