# What bench/run and bench/peer share, to be sourced at the top of the repository: a place to work that goes away at the
# end, and Countersign on the first core.

command -v wrk >/dev/null || { echo "install wrk: apt-get install wrk" >&2; exit 1; }
cargo build --release --quiet -p countersign -p countersign-bench
target=${CARGO_TARGET_DIR:-target}
server=$target/release/countersign
bench=$target/release/countersign-bench
work=$(mktemp -d "$PWD/target-bench.XXXXXX")
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    pids=()
    wait 2>/dev/null || true
}
cluster=""
finish() {
    stop
    [ -z "$cluster" ] || scripts/postgres stop "$cluster" || true
    rm -rf "$work"
}
trap finish EXIT

# The rest of the process tree keeps to the second core; servers are pinned to the first.
taskset -pc 1 $$ >/dev/null

wait_for() { for _ in $(seq 200); do curl -s -o /dev/null "$1" && return; sleep 0.05; done; echo "$1 does not answer" >&2; exit 1; }

start_server() { # NAME DATABASE-OPTIONS…
    local name=$1
    shift
    COUNTERSIGN_TRUSTED_PROXIES=127.0.0.1 TOKIO_WORKER_THREADS=1 taskset -c 0 "$server" serve --dev --json --listen 127.0.0.1:8391 --data "$work/$name" "$@" >"$work/$name.json" 2>"$work/$name.log" &
    pids+=($!)
    wait_for http://127.0.0.1:8391/health
}

memory() { awk '/VmRSS|VmHWM/ {printf "%s %.1f MB  ", $1, $2 / 1024}' "/proc/${pids[0]}/status"; echo; }
