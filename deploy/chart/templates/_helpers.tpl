{{- define "filavip.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "filavip.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{ include "filavip.selector" . }}
{{- end -}}

{{- define "filavip.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "filavip.secret" -}}
{{- .Values.secrets.existing | default (include "filavip.fullname" .) -}}
{{- end -}}

{{- define "filavip.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What every pod's metadata holds beside its labels: a change of settings makes new pods. */}}
{{- define "filavip.podAnnotations" -}}
checksum/settings: {{ include "filavip.settings" . | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Settings that are no secrets, the same for all pods. */}}
{{- define "filavip.settings" -}}
FILAVIP_DATA: /data
{{- if eq .Values.mode "fleet" }}
BACKEND_LOGS: "false"
{{- if not .Values.redis.url }}
REDIS_HOST: {{ .Values.redis.host | quote }}
REDIS_PORT: {{ .Values.redis.port | quote }}
REDIS_DB: {{ .Values.redis.db | quote }}
{{- end }}
{{- end }}
{{- with .Values.corsOrigins }}
CORS_ORIGIN: {{ join "," . | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/*
How every pod runs: as nobody, with no rights and no token, on a disk it cannot write to.
Service links are off because a service named filavip would set FILAVIP_PORT and the like,
which the program takes for misspelt settings, and refuses.
*/}}
{{- define "filavip.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 45
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "filavip.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "filavip.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "filavip.container" -}}
image: {{ include "filavip.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
envFrom:
  - configMapRef: {name: {{ include "filavip.fullname" . }}}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: secrets, mountPath: /run/secrets/filavip, readOnly: true}
{{- end -}}

{{/* Where the databases are; files, so that no environment shows a password. */}}
{{- define "filavip.databases" -}}
- {name: MONGO_URI_FILE, value: /run/secrets/filavip/mongo-uri}
{{- if .Values.redis.url }}
- {name: REDIS_URL_FILE, value: /run/secrets/filavip/redis-url}
{{- else if .Values.redis.auth }}
- {name: REDIS_PASSWORD_FILE, value: /run/secrets/filavip/redis-password}
{{- end }}
{{- end -}}

{{/* The environment of what has the API: the serve pods and the embedded one. */}}
{{- define "filavip.apiEnv" -}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- {name: HOST, value: "0.0.0.0"}
- {name: PORT, value: "3000"}
- name: FILAVIP_ALLOWED_HOSTS # a scrape of metrics names the pod's address
  value: {{ include "filavip.hosts" . | quote }}
- {name: FILAVIP_API_KEY_FILE, value: /run/secrets/filavip/api-key}
{{- end -}}

{{/* Its port and probes. */}}
{{- define "filavip.api" -}}
args: [serve]
ports:
  - {name: http, containerPort: 3000}
# The server answers for names it knows; the kubelet would ask it by the pod's address.
startupProbe:
  httpGet: {path: /livez, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 2
  failureThreshold: 150
livenessProbe:
  httpGet: {path: /livez, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
lifecycle: # requests still come in until every node has heard that the pod ends
  preStop: {sleep: {seconds: 5}}
{{- end -}}

{{- define "filavip.hosts" -}}
{{- $name := include "filavip.fullname" . -}}
{{- $space := printf "%s.%s" $name .Release.Namespace -}}
{{- concat (list $name $space (printf "%s.svc" $space) (printf "%s.svc.cluster.local" $space) "$(POD_IP)") .Values.allowedHosts | join "," -}}
{{- end -}}

{{- define "filavip.egress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- if eq .Values.mode "fleet" }}
- ports:
{{- range .Values.networkPolicy.databasePorts }}
    - {port: {{ . }}, protocol: TCP}
{{- end }}
{{- end }}
{{- end -}}
