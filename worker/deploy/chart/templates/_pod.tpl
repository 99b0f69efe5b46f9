{{- define "headrace.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "headrace.metadata" -}}
name: {{ .Release.Name }}-{{ .component }}
labels:
  {{- include "headrace.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* What the pods of worker and API have in common: .own is their part of the values. */}}
{{- define "headrace.pod" -}}
serviceAccountName: {{ .Values.serviceAccountName }}
automountServiceAccountToken: {{ ne .Values.serviceAccountName "default" }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
topologySpreadConstraints:
  - topologyKey: kubernetes.io/hostname
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "headrace.labels" . | nindent 8 }}
{{- with .own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  - name: state
    emptyDir: {}
  - name: settings
    configMap:
      name: {{ .Release.Name }}-settings
  {{- with .Values.pipelines }}
  - name: pipelines
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Ends with the environment, to which worker and API add. */}}
{{- define "headrace.container" -}}
name: {{ .component }}
image: {{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .own.resources | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: state
    mountPath: /state
  - name: settings
    mountPath: /etc/headrace
    readOnly: true
  {{- if .Values.pipelines }}
  - name: pipelines
    mountPath: /app/pipelines
    readOnly: true
  {{- end }}
  {{- with .Values.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
env:
  - name: TEMPORAL_ADDRESS
    value: {{ required "temporal.address is missing: host:port of Temporal's frontend" .Values.temporal.address | quote }}
  - name: TEMPORAL_NAMESPACE
    value: {{ .Values.temporal.namespace | quote }}
  - name: HEADRACE_TASK_QUEUE
    value: {{ .Values.temporal.taskQueue | quote }}
  - name: HEADRACE_SETTINGS
    value: /etc/headrace/headrace.json
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ required "database.secret is missing: the secret with the registry's postgres:// address" .Values.database.secret }}
        key: {{ .Values.database.key }}
  - name: HEADRACE_METRICS_HOST
    value: 0.0.0.0
  - name: HEADRACE_METRICS_PORT
    value: {{ .Values.metricsPort | quote }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* A pod is made anew when its settings change: they are read once. */}}
{{- define "headrace.annotations" -}}
checksum/settings: {{ .Values.settings | toJson | sha256sum }}
{{- with .own.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "headrace.disruption" }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "headrace.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .own.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "headrace.labels" . | nindent 6 }}
{{- end }}
