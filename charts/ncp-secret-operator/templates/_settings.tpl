{{/* The operator's flags that are not for extraArgs, nor their variables for extraEnv, each with what to do instead. */}}
{{- define "operator.takenFlags" -}}
listen: Set listen.address and listen.port instead
log: Set log.filter instead
log-format: Set log.format instead
concurrency: Set concurrency instead
watch-namespaces: Set watchNamespaces instead, which grants the rights too
cluster-stores: Set clusterStores.enabled instead, which grants the rights too
server-role: Set serverRole.enabled instead, which opens the way too
leader-election: "Leave it away: without it two pods would write at once, with one replica too while it is replaced"
namespace: "Leave it away: the operator's own namespace is that of the release, where its rights are"
{{- end -}}

{{/* A flag that is given twice keeps the operator from starting. */}}
{{- define "operator.refuseTakenSettings" -}}
{{- range $flag, $advice := include "operator.takenFlags" . | fromYaml -}}
{{- range $.Values.extraArgs -}}
{{- if eq (splitList "=" . | first) (printf "--%s" $flag) -}}
{{- fail (printf "extraArgs has --%s, which is the chart's to set. %s" $flag $advice) -}}
{{- end -}}
{{- end -}}
{{- $variable := $flag | upper | replace "-" "_" | printf "NCP_SECRET_OPERATOR_%s" -}}
{{- range $.Values.extraEnv -}}
{{- if eq (toString .name) $variable -}}
{{- fail (printf "extraEnv has %s, which is the chart's to set. %s" $variable $advice) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
