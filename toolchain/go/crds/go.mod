module modelway.dev/crds

go 1.26

// Custom resource definitions are files in these modules. Nothing of them is compiled.
require (
	github.com/envoyproxy/gateway v1.9.1
	github.com/kedacore/keda/v2 v2.21.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.3
	sigs.k8s.io/karpenter v1.9.0
)
