"""Reports of an inspection for people to read: paper, tables, pages and plots."""
