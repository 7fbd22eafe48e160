#!/bin/sh
# Lays out in /image what the official image has, as far as a deploy sees it: root.sh VERSION
# FLAVOUR. Runs in Debian with the client's packages; the server's binaries are in /package.
set -eu
version=$1 flavour=$2
client=/usr/lib/postgresql/17/bin
native=/package/native
image=/image

folders() {
    rm -rf "$image"
    mkdir -p "$image/usr/bin" "$image/usr/sbin" "$image/usr/lib" "$image/usr/lib64"
    for name in bin sbin lib lib64; do
        ln -s "usr/$name" "$image/$name"
    done
    mkdir -p "$image/dev" "$image/proc" "$image/sys" "$image/etc" "$image/run" "$image/var/lib"
    mkdir -p "$image/var/log" "$image/docker-entrypoint-initdb.d" "$image/usr/local/bin"
    ln -s ../run "$image/var/run"
    install -d -m 0700 "$image/root"
    install -d -m 1777 "$image/tmp" "$image/var/tmp"
}

# Files as they are, and the libraries that they are linked with.
take() {
    for file; do
        [ ! -L "$file" ] || cp -P --parents "$file" "$image"
        cp -L --parents "$(readlink -f "$file")" "$image"
        ldd "$file" 2> /dev/null | grep -o '/[^ ]*' | sort -u |
            xargs -r cp -L --parents -t "$image"
    done
}

# The programs of a package of Debian's.
programs() {
    dpkg -L "$@" | grep -E '^(/usr)?/s?bin/.' | while read -r file; do
        [ ! -f "$file" ] || take "$file"
    done
}

userland() {
    take /bin/bash /usr/sbin/gosu /usr/bin/getent /lib/x86_64-linux-gnu/libgcc_s.so.1 \
        /usr/lib/x86_64-linux-gnu/libnss_wrapper.so
    cp -r --parents /usr/lib/locale/C.utf8 "$image"
    if [ "$flavour" = alpine ]; then
        take /bin/busybox
        for applet in $(busybox --list); do
            [ -e "$image/usr/bin/$applet" ] || ln -s busybox "$image/usr/bin/$applet"
        done
        # musl takes any name of a locale, and sorts by bytes
        cp -r "$image/usr/lib/locale/C.utf8" "$image/usr/lib/locale/en_US.utf8"
    else
        programs coreutils findutils grep sed mawk dash util-linux tar gzip hostname debianutils \
            libc-bin
        ln -s mawk "$image/usr/bin/awk"
        ln -sf dash "$image/usr/bin/sh"
        mkdir -p "$image/usr/lib/locale"
        localedef -i en_US -f UTF-8 --no-archive "$image/usr/lib/locale/en_US.utf8"
    fi
}

users() {
    if [ "$flavour" = alpine ]; then
        uid=70 shell=/bin/sh
    else
        uid=999 shell=/bin/bash
    fi
    printf '%s\n' "root:x:0:0:root:/root:$shell" "nobody:x:65534:65534:nobody:/:/sbin/nologin" \
        "postgres:x:$uid:$uid::/var/lib/postgresql:$shell" > "$image/etc/passwd"
    printf '%s\n' root:x:0: tty:x:5: nobody:x:65534: "postgres:x:$uid:" > "$image/etc/group"
    printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' > "$image/etc/nsswitch.conf"
    install -d -m 1777 -o "$uid" -g "$uid" "$image/var/lib/postgresql"
    install -d -m 3777 -o "$uid" -g "$uid" "$image/var/run/postgresql"
    [ "$version" -ge 18 ] ||
        install -d -m 1777 -o "$uid" -g "$uid" "$image/var/lib/postgresql/data"
}

server() {
    prefix=/usr/local
    [ "$flavour" = alpine ] || prefix=/usr/lib/postgresql/$version
    mkdir -p "$image$prefix"
    rm -rf "$native"/lib/*.a "$native"/lib/pkgconfig "$native"/lib/libecpg*
    (
        export LD_LIBRARY_PATH="$native/lib"
        take "$native"/bin/* "$native"/lib/postgresql/*.so
    )
    rm -r "$image/package"
    cp -a "$native/bin" "$native/lib" "$native/share" "$image$prefix"
    take "$client"/*
    [ "$image$client" = "$image$prefix/bin" ] ||
        mv "$image$client"/* "$image$prefix/bin"
    chown -R 0:0 "$image$prefix"
    sample=$image$prefix/share/postgresql/postgresql.conf.sample
    sed -Ei "s!^#?(listen_addresses) = \S+.*!\1 = '*'!" "$sample"
    # initdb puts its own value into the first line that has the setting
    echo "unix_socket_directories = '/var/run/postgresql'" >> "$sample"
}

folders
userland
users
server
