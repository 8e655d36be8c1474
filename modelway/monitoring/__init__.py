"""How well models have to do their work, how it is measured and when somebody is told: objectives, rules and dashboards as plain data."""
