#!/bin/sh
# Everything that happens to alerts, one JSON object a line: examples/alerts_kcat.sh localhost:9092 | jq .summary
exec kcat -b "${1:-localhost:9092}" -C -t cx.alerts -o end -q -u -D '\n'
