# What the scripts that run machines in containers share; to be sourced.

# Waits until a command succeeds. - seconds, what, command
until_true() {
    local bound=$1 what=$2 end
    shift 2
    end=$((SECONDS + bound))
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "${0##*/}: error: not within $bound s: $what" >&2
            return 1
        fi
        sleep 0.2
    done
}

# Starts a machine with systemd, of the image that `base-image --systemd` makes, and waits until it is
# up. Each of the rights is one that systemd's sandbox or the backup needs. - name, further options
start_machine() {
    local name=$1
    shift
    docker run -d --name "$name" --tmpfs /run --tmpfs /run/lock --tmpfs /tmp:exec \
        --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH \
        --security-opt seccomp=unconfined --stop-signal SIGRTMIN+3 \
        -v /sys/fs/cgroup:/sys/fs/cgroup:ro "$@" starling-systemd:bookworm \
        sh -c 'mount --make-rshared / && exec /sbin/init' >/dev/null
    until_true 30 "$name is up" is_up "$name"
}

is_up() { docker exec "$1" systemctl is-system-running | grep -E 'running|degraded'; }
