{{/* What cannot work is refused, with what to do about it. What a value may look like, values.schema.json says. */}}
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
{{- if and .Values.admissionPolicy.enabled (has "kube-system" (.Values.watchNamespaces | default list)) -}}
{{- fail "watchNamespaces has kube-system, where the admission policy refuses whatever the operator writes. Take kube-system out of watchNamespaces" -}}
{{- end -}}
{{- if eq (toString .Values.enabled) "false" -}}
{{- fail "enabled is what the condition of a parent chart asks for, and the chart is to be rendered. Leave enabled away, or name it as the condition of the dependency" -}}
{{- end -}}
{{- if has (include "operator.serviceAccountName" .) (list "" "default") -}}
{{- fail "the operator would run under the account default: every pod in the namespace that names no account would have the operator's rights. Name an account of the operator's own in serviceAccount.name" -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "operator.fullname" .)) -}}
{{- fail (printf "the release is called %s, and no Service can be called %s. Set fullnameOverride" .Release.Name (include "operator.fullname" .)) -}}
{{- end -}}
{{- with .Values.metrics -}}
{{- if and .serviceMonitor.enabled (not .service.enabled) -}}
{{- fail "metrics.serviceMonitor.enabled needs metrics.service.enabled: a ServiceMonitor finds pods by their Service. Set metrics.service.enabled to true, or use metrics.podMonitor" -}}
{{- end -}}
{{- if and .serviceMonitor.enabled .podMonitor.enabled -}}
{{- fail "metrics.serviceMonitor.enabled and metrics.podMonitor.enabled would have everything read and counted twice. Set one of them to false" -}}
{{- end -}}
{{- end -}}
{{- include "operator.refuseTakenLabels" . -}}
{{- include "operator.refuseTakenSettings" . -}}
{{- include "operator.refuseAnotherRelease" . -}}
{{- end -}}

{{/* Labels by which pods are found, and those by which Helm knows its objects, are not for the user to set. */}}
{{- define "operator.refuseTakenLabels" -}}
{{- range $label, $_ := include "operator.ownLabels" . | fromYaml -}}
{{- if hasKey ($.Values.commonLabels | default dict) $label -}}
{{- fail (printf "commonLabels has %s, which the chart sets itself. Take it out of commonLabels" $label) -}}
{{- end -}}
{{- end -}}
{{- range $label, $_ := include "operator.selectorLabels" . | fromYaml -}}
{{- if hasKey ($.Values.podLabels | default dict) $label -}}
{{- fail (printf "podLabels has %s, by which the pods are found. Take it out of podLabels" $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Two operators in one namespace would share the Lease and the key. `helm template` cannot see what is there. */}}
{{- define "operator.refuseAnotherRelease" -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $instance := get $labels "app.kubernetes.io/instance" -}}
{{- if and (eq (get $labels "app.kubernetes.io/name") $.Chart.Name) (ne $instance $.Release.Name) -}}
{{- fail (printf "the namespace %s has the operator of the release %s already. Both would use the Lease and the key of one name, and this one would stand by for ever. Upgrade the release %s, or install this one in a namespace of its own" $.Release.Namespace $instance $instance) -}}
{{- end -}}
{{- end -}}
{{- end -}}
