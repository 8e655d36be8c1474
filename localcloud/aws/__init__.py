"""AWS on loopback: one front that checks every signature and passes each call to moto (in-process) or MiniStack (EKS), and runs the clusters EKS calls ask for.

What it does not do: evaluate IAM policies. Who has a key of an account may do everything in it; trust policies of roles are read only for who they name.
"""
