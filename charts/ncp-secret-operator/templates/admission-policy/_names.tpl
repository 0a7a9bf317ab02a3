{{/* The objects of one policy are of the whole cluster, so their name says whose they are. */}}
{{- define "operator.policyName" -}}
{{ .about }}.{{ include "operator.fullname" .root }}.{{ .root.Release.Namespace }}
{{- end -}}

{{- define "operator.policyBinding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ include "operator.policyName" . }}
  labels:
    {{- include "operator.labels" .root | nindent 4 }}
spec:
  policyName: {{ include "operator.policyName" . }}
  validationActions: [Deny]
{{- end -}}
