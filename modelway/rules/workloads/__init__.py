"""Rules about what runs in a cluster: pods, the rights of their accounts, and the charts that bring them."""
