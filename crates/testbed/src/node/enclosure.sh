# The first process of an enclosure, in namespaces of its own for processes, mounts and the network. It makes private what
# a node would change for the whole machine, and then runs what it was called with. All others end when it ends.
set -e
umask 022

mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/enclosure/sysctl /run/enclosure/var /run/enclosure/var-work
mkdir -m 1777 /run/enclosure/tmp

# The kubelet keeps some things in fixed places under /var. What is there already stays visible, also what is mounted there.
mounted=$(while read -r _ _ _ _ place _; do case $place in /var/*) echo "$place" ;; esac; done </proc/self/mountinfo)
mkdir /run/enclosure/var-before
mount --rbind /var /run/enclosure/var-before
mount -t overlay -o lowerdir=/var,upperdir=/run/enclosure/var,workdir=/run/enclosure/var-work overlay /var
for place in $mounted; do
    mount --bind "/run/enclosure/var-before${place#/var}" "$place"
done
if ! command -v "$1" >/dev/null; then
    echo "cannot find $1 in the enclosure, where /run is hidden: build in a folder that is not below it" >&2
    exit 1
fi

# The kubelet sets these for the whole machine; here it sets copies. (Those of the network are the enclosure's own.)
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
    copy=/run/enclosure/sysctl/$(basename $setting)
    cat /proc/sys/$setting >"$copy"
    mount --bind "$copy" /proc/sys/$setting
done

ip link set lo up
for address in $ENCLOSURE_ADDRESSES; do
    ip address add "$address/32" dev lo
done

set +e
TMPDIR=/run/enclosure/tmp "$@"
exit $?
