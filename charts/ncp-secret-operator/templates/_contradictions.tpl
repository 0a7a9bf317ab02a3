{{/* Values that do not go together: an installation is refused, with what to do about it. */}}
{{- define "operator.refuseContradictions" -}}
{{- if and .Values.restarts.enabled (not .Values.admissionPolicy.enabled) -}}
{{- fail "restarts.enabled needs admissionPolicy.enabled: without the policy, the right to patch workloads would be the right to run anything in their pods. Set admissionPolicy.enabled to true, or restarts.enabled to false" -}}
{{- end -}}
{{- if and .Values.watchNamespaces .Values.clusterStores.enabled -}}
{{- fail "clusterStores.enabled needs rights in the whole cluster, and watchNamespaces gives rights in some namespaces only. Leave watchNamespaces empty, or set clusterStores.enabled to false" -}}
{{- end -}}
{{- if and .Values.serverRole.enabled (not .Values.clusterStores.enabled) -}}
{{- fail "serverRole.enabled needs clusterStores.enabled: only a ClusterNcpSecretStore can use the keys of the node's server role. Set clusterStores.enabled to true, or serverRole.enabled to false" -}}
{{- end -}}
{{- end -}}
