# undo: the data that the last restore has kept are the data again, on a timeline of their own, or the
# archive would have two of one; keep: they go.
cd /
if [ "$VERB" = keep ]; then
    beside_data find "${DATA%/*}" -mindepth 1 -maxdepth 1 -name "${DATA##*/}.before-*" -exec rm -rf {} +
    beside_data rm -rf "$DATA.undone"
    exit
fi
new=$KEPT
give_up() {
    sweep
    fail "ERROR: $1"
}
sweep
if ! is_half_done; then
    as_owner rm -f "$new/howdah.recovered"
    as_owner touch "$new/recovery.signal"
    recover give_up
    finish give_up
fi
beside_data rm -rf "$DATA.undone"
swap_data "$DATA.undone"
