"""What a change does to the models people depend on: engine output and environments in, one ChangeSet out, rendered many ways."""
