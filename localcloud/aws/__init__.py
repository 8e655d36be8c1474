"""AWS on loopback: a front that checks every signature and passes each call to moto (in-process) or MiniStack (EKS).

It runs the clusters that EKS is asked for. What it does not do is evaluate IAM policies: who has a key of an account may do everything in
it, and trust policies are read only for who they name.
"""
