"""What is dangerous about a change: a table of operation, type and property, as data, and the judge that holds steps against it."""
