"""EKS: MiniStack keeps the records, the front makes them true.

Clusters have a real control plane, node groups real Node objects, access policies real role bindings. What MiniStack does not keep, or not
as it was created, or has no call for (updates, versions, tags that changed) is kept here and laid over its answers.
"""
