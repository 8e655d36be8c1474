"""A stand-in for the official Kubernetes provider (pulumi-resource-kubernetes 4): the same tokens, inputs, outputs, names, replacements and
waits, on any API server. Helm releases are recorded. Not emulated: charts, kustomize, `...Patch` resources, client-side apply, YAML
rendering.

provider     the operations of the engine          objects    between property values and API objects: names, namespaces, secrets
comparing    what an update would change           replacing  which change replaces an object
cluster      writes with their fine print          ownership  field managers of server-side apply
client       requests and discovery                kubeconfig which cluster, which credentials
releases     Helm releases, recorded
waiting      when an object is ready or gone       reasons    why it is not: conditions, pods, events
"""
