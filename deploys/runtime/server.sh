# start, stop or restart.
"${VERB}_server"
