// The Prometheus operator, of whose source tests take the definitions of ServiceMonitor, PodMonitor and PrometheusRule: pinned here.
module ncp-secret-operator/tools/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0
