#!/bin/bash
# One lab host. `outer` joins cgroups and the network namespace and unshares the rest; `inner` is PID 1 of the host.
# Called by limen_lab.hosts: host-init.sh outer|inner NAME FOLDER STATE OCTET
set -u
mode=$1 host=$2 d=$3 state=$4 octet=$5
cgs="cpu cpuacct cpuset memory devices freezer blkio pids"
if [ "$mode" = outer ]; then
    for c in $cgs unified; do
        g=/sys/fs/cgroup/$c; [ -e $g/cgroup.procs ] || continue
        mkdir -p "$g/$host"
        [ $c != cpuset ] || for f in cpus mems; do cat $g/cpuset.$f > "$g/$host/cpuset.$f"; done
        echo $$ > "$g/$host/cgroup.procs"
    done 2>/dev/null
    exec nsenter --net=/run/netns/"$host" unshare --mount --uts --ipc --cgroup --pid --fork --kill-child \
        --propagation private bash "$0" inner "$host" "$d" "$state" "$octet"
fi
mount -t proc proc /proc
hostname "$host"
umount -R /sys 2>/dev/null; mount -t sysfs sysfs /sys
if [ -d /sys/fs/cgroup ]; then
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup 2>/dev/null
    for c in $cgs; do
        mkdir -p /sys/fs/cgroup/$c && mount -t cgroup -o $c cgroup /sys/fs/cgroup/$c || rmdir /sys/fs/cgroup/$c
    done 2>/dev/null
    rmdir /sys/fs/cgroup/* 2>/dev/null
    [ -n "$(ls -A /sys/fs/cgroup)" ] || { umount /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; } 2>/dev/null
fi
mkdir -p "$state/run/$host"          # what is mounted over below must still be reachable
for at in etc/hostname:/etc/hostname etc/hosts:/etc/hosts etc/passwd:/etc/passwd etc/shadow:/etc/shadow \
          etc/group:/etc/group etc/libvirt:/etc/libvirt lib:/var/lib/libvirt log:/var/log/libvirt \
          cache:/var/cache/libvirt home:/root; do
    mkdir -p "$(dirname "${at#*:}")"; mount --bind "$d/${at%%:*}" "${at#*:}"
done
mkdir -p /var/log/libvirt/qemu /srv/shared
mount -t tmpfs -o mode=755 tmpfs /srv; mkdir -p /srv/shared /srv/state
mount --bind "$state/shared" /srv/shared
mount -t tmpfs -o mode=755 tmpfs /home
for u in limen:2001 pw:2002 nolibvirt:2003; do mkdir -p "/home/${u%:*}"; chown "${u#*:}:${u#*:}" "/home/${u%:*}"; done
# the lab's own state may live under /run: keep it in sight below the host's private /run
mount --bind "$state" /srv/state
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd /run/lock "$state"; chmod 1777 /run/lock
mount --bind /srv/state "$state"
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset XDG_RUNTIME_DIR SSH_AUTH_SOCK
echo 1 > /proc/sys/net/ipv4/ip_forward
virtlogd -d && sh "$d/libvirtd.sh" && /usr/sbin/sshd -f "$d/ssh/sshd_config"
k=$(printf %02x "${host##*kvm}")
virsh -q net-info default >/dev/null 2>&1 || virsh -q net-define /dev/stdin >/dev/null <<X
<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'><name>default</name>
<uuid>000000$k-0000-4000-8000-00000000000a</uuid><forward mode='nat'/><bridge name='virbr0' stp='off' delay='0'/>
<mac address='52:54:00:$(printf %02x "$octet"):00:$k'/>
<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip>
<dnsmasq:options><dnsmasq:option value='no-ping'/></dnsmasq:options></network>
X
virsh -q net-autostart default >/dev/null; virsh -q net-start default >/dev/null 2>&1
virsh -q pool-info default >/dev/null 2>&1 || virsh -q pool-define-as default dir --target /var/lib/libvirt/images >/dev/null
virsh -q pool-autostart default >/dev/null; virsh -q pool-start default >/dev/null 2>&1
touch "$d/ready"
trap 'exit 0' TERM
while :; do sleep 86400 & wait $!; done      # PID 1: bash reaps what is orphaned to it
