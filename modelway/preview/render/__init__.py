"""A ChangeSet as a page: Markdown, HTML, a terminal, one line. Pure functions of the ChangeSet; its JSON is its own encoding."""
