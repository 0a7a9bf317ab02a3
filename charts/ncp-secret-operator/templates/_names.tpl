{{/* What all objects are called. */}}
{{- define "operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "operator.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The operator's account as the API server calls it. */}}
{{- define "operator.username" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "operator.serviceAccountName" . }}
{{- end -}}

{{/* The labels by which pods are found. They never change: those of a Deployment cannot. */}}
{{- define "operator.selectorLabels" -}}
{{- dict "app.kubernetes.io/name" .Chart.Name "app.kubernetes.io/instance" .Release.Name | toYaml -}}
{{- end -}}

{{/* The labels that the chart itself gives to all objects. */}}
{{- define "operator.ownLabels" -}}
{{ include "operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") | quote }}
{{- end -}}

{{- define "operator.labels" -}}
{{- include "operator.labelsWith" (dict "root" . "labels" dict) -}}
{{- end -}}

{{/* The same with labels of one object's own. They win over those that all objects have: others choose the object by them. */}}
{{- define "operator.labelsWith" -}}
{{- $own := include "operator.ownLabels" .root | fromYaml -}}
{{- mergeOverwrite (dict) (.root.Values.commonLabels | default dict) $own (.labels | default dict) | toYaml -}}
{{- end -}}

{{- define "operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whom roles are bound to. */}}
{{- define "operator.subjects" -}}
subjects:
- kind: ServiceAccount
  name: {{ include "operator.serviceAccountName" . | toYaml }}
  namespace: {{ .Release.Namespace | toYaml }}
{{- end -}}
