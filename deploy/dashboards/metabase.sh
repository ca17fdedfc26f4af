#!/bin/sh
# Puts the dashboard of metabase.json, which lies beside this file, into Metabase. It needs curl and jq, and of the environment:
#   METABASE_URL       where Metabase is, as https://metabase.example
#   METABASE_API_KEY   a key that was made under Admin settings, Authentication, API keys
#   METABASE_DATABASE  the number of the database of Aftercare: the last part of its address under Admin settings, Databases
# Run again it makes a second dashboard and changes none.
set -eu
: "${METABASE_URL:?say where Metabase is}" "${METABASE_API_KEY:?make one in Metabase}" "${METABASE_DATABASE:?say the number of the database}"
from=$(dirname "$0")/metabase.json
umask 077
key=$(mktemp)
trap 'rm -f "$key"' EXIT
printf 'x-api-key: %s\n' "$METABASE_API_KEY" >"$key"
call() { # METHOD PATH, with the body on standard input
	curl -fsS -X "$1" -H "@$key" -H 'Content-Type: application/json' --data-binary @- "${METABASE_URL%/}/api/$2"
}

dashboard=$(jq '{name, description}' "$from" | call POST dashboard | jq .id)
n=$(jq '.cards | length' "$from")
i=0
placed='[]'
while [ "$i" -lt "$n" ]; do
	card=$(jq --argjson i "$i" --argjson database "$METABASE_DATABASE" '.cards[$i] | {
		name, description, display, visualization_settings,
		dataset_query: {type: "native", database: $database, native: {query: .sql, "template-tags": {}}}
	}' "$from" | call POST card | jq .id)
	i=$((i + 1))
	placed=$(jq --argjson placed "$placed" --argjson i "$i" --argjson card "$card" '$placed + [.cards[$i - 1] | {
		id: (-$i), card_id: $card, row, col, size_x, size_y, parameter_mappings: [], visualization_settings: {}
	}]' "$from")
done
printf '%s' "$placed" | jq '{dashcards: .}' | call PUT "dashboard/$dashboard" >/dev/null
echo "${METABASE_URL%/}/dashboard/$dashboard"
