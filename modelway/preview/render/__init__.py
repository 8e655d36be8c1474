"""A ChangeSet as a page: Markdown for a pull request, HTML, a terminal, one line. Pure functions of the ChangeSet; JSON is its own encoding."""
