from localcloud.plugins.kubernetes.provider import KubernetesProvider
from localcloud.plugins.serving import serve

serve(KubernetesProvider())
