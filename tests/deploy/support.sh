# For the scripts beside it, sourced after tests/tools/get.sh: checks that make one line each, a nats-server and what an agent tells of it.

failed=0

# check NAME COMMAND...: one line; what a failed command printed follows it.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok $name"
  else
    echo "FAILED $name"
    uniq <<<"$output" | tail -n 20 | sed 's/^/  /'
    failed=1
  fi
}

# eventually SECONDS COMMAND...
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.3
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_nats DIRECTORY: a server whose system account has the user lookout; sets nats_pid and nats_url.
start_nats() {
  local binary
  binary=$(nats_server 2.15)
  cat >"$1/nats.conf" <<EOF
listen: "127.0.0.1:-1"
server_name: n1
ports_file_dir: "$1"
system_account: SYS
accounts { SYS { users: [{user: lookout, password: not-a-secret}] } }
EOF
  "$binary" -c "$1/nats.conf" -l "$1/nats.log" &
  nats_pid=$!
  eventually 10 test -s "$1/nats-server_$nats_pid.ports"
  nats_url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["nats"][0])' "$1/nats-server_$nats_pid.ports")
}

# metrics PORT
metrics() { curl -sS --max-time 5 "http://127.0.0.1:$1/metrics"; }

has_server_up() { metrics "$1" | grep -x 'nats_server_up{nats_cluster="",server="n1"} 1'; }
