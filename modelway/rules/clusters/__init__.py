"""Rules about EKS clusters: who reaches them, who may do what there, and what their nodes are."""
