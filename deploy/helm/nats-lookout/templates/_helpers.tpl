{{- define "lookout.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "lookout.fullname" -}}
{{- $name := include "lookout.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- .Values.fullnameOverride | default $full | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "lookout.selector" -}}
app.kubernetes.io/name: {{ include "lookout.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lookout.labels" -}}
{{ include "lookout.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: monitoring
app.kubernetes.io/part-of: nats
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{- define "lookout.image" -}}
{{- with .Values.image }}
{{- .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* By type of the credentials: the option below nats, and the usual key in the Secret. */}}
{{- define "lookout.logins" -}}
password: {option: password-file, key: password}
creds: {option: creds, key: user.creds}
nkey: {option: nkey, key: user.nk}
token: {option: token-file, key: token}
{{- end }}

{{/* Where the Secret of this name in the values is mounted. */}}
{{- define "lookout.directory" -}}
/etc/nats-lookout/{{ . }}
{{- end }}

{{/* The options that follow from other values than config. */}}
{{- define "lookout.derived" -}}
{{- $nats := dict }}
{{- with .Values.credentials }}
  {{- if .existingSecret }}
    {{- $login := index (include "lookout.logins" $ | fromYaml) .type }}
    {{- $_ := set $nats $login.option (printf "%s/%s" (include "lookout.directory" "credentials") (.key | default $login.key)) }}
    {{- if eq .type "password" }}
      {{- $_ := set $nats "user" .user }}
    {{- end }}
  {{- end }}
{{- end }}
{{- with .Values.tls }}
  {{- if .existingSecret }}
    {{- $files := dict }}
    {{- range $name, $key := pick . "ca" "cert" "key" }}
      {{- if $key }}
        {{- $_ := set $files $name (printf "%s/%s" (include "lookout.directory" "tls") $key) }}
      {{- end }}
    {{- end }}
    {{- $_ := set $nats "tls" $files }}
  {{- end }}
{{- end }}
{{- $options := dict "nats" $nats }}
{{- if .Values.web.existingSecret }}
  {{- $_ := set $options "web" (dict "config" (dict "file" (printf "%s/web.yml" (include "lookout.directory" "web")))) }}
{{- end }}
{{- if .Values.state.enabled }}
  {{- $_ := set $options "state" (dict "dir" "/var/lib/nats-lookout") }}
{{- end }}
{{- toYaml $options }}
{{- end }}

{{/* The agent's configuration file. */}}
{{- define "lookout.config" -}}
{{ merge (deepCopy .Values.config) (include "lookout.derived" . | fromYaml) | toYaml }}
{{- end }}

{{- define "lookout.probe" -}}
{{- if eq .probe "tcp" -}}
tcpSocket: {port: metrics}
{{- else -}}
httpGet: {path: {{ .path }}, port: metrics, scheme: {{ upper .probe }}}
{{- end }}
timeoutSeconds: 3
{{- end }}
