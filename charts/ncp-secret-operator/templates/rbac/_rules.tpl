{{/* The rights on what is in namespaces: the same for all of them, and for some. */}}
{{- define "operator.namespacedRules" -}}
- apiGroups: [ncp-secrets.io]
  resources: [ncpsecrets, ncpsecretstores]
  verbs: [list, watch]
- apiGroups: [ncp-secrets.io]
  resources: [ncpsecrets/status, ncpsecretstores/status]
  verbs: [patch]
# Values are read of credentials and of the operator's own key only; Kubernetes' rules cannot say that.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- if .Values.restarts.enabled }}
# The admission policy confines this to one annotation of the pod template.
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, patch]
- apiGroups: [argoproj.io]
  resources: [rollouts]
  verbs: [get, patch]
{{- end }}
{{- end -}}
