# Messages that are read are PostgreSQL's, apt's and systemd's in English, whatever the host speaks.
export LC_ALL=C.UTF-8
unset LANGUAGE
