# The first process of an enclosure, in namespaces of its own for processes, mounts and the network. It makes private what
# a node would change for the whole machine, and then runs what it was called with. All others end when it ends.
set -e
umask 022

mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/enclosure/sysctl /run/enclosure/var /run/enclosure/var-work
mkdir -m 1777 /run/enclosure/tmp

# The kubelet keeps some things in fixed places under /var. What is there already stays visible.
mount -t overlay -o lowerdir=/var,upperdir=/run/enclosure/var,workdir=/run/enclosure/var-work overlay /var

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
