# The distribution's packages: the server's OS user is postgres, whose folders are not root's.
become() { exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

owned_folder() { install -d -m 0700 -o postgres -g postgres "$1"; }

# The data directory's folder is the server's, who may have put links there.
make_data_folder() { as_owner install -d -m 0700 "$1"; }
name_data_folder() { as_owner mv -T "$1" "$DATA"; }
