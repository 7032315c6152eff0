"""Reports as one self-contained HTML page each: no script, nothing fetched, every text escaped."""
