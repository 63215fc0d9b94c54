#!/bin/sh
# Lists the versions of a file with curl and jq, for comparison: without the library.
#
#     IMAGEKIT_PRIVATE_KEY=private_... sh get_file_versions.sh FILE_ID
#
# IMAGE_KIT_BASE_URL names another server than https://api.imagekit.io.

if [ $# -ne 1 ]; then
    echo "usage: $0 FILE_ID" >&2
    exit 2
fi
if [ -z "$IMAGEKIT_PRIVATE_KEY" ]; then
    echo "error: there is no private key: set IMAGEKIT_PRIVATE_KEY" >&2
    exit 1
fi

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
head=$folder/head body=$folder/body

# Leaves the answer in $head and $body. Fails where the server refuses. The key goes through standard
# input, as the arguments of a program are there for everybody to see.
get_file_versions() {
    printf 'user = "%s:"\n' "$IMAGEKIT_PRIVATE_KEY" |
        curl --config - --silent --show-error --compressed --max-time 60 --retry 2 \
            --globoff --path-as-is --dump-header "$head" --output "$body" \
            "${IMAGE_KIT_BASE_URL:-https://api.imagekit.io}/v1/files/$(encoded "$1")/versions" || exit 1
    [ "$(http_status)" = 200 ]
}

# An id as a segment of a URL.
encoded() {
    jq -rn --arg id "$1" '$id | @uri'
}

http_status() {
    awk '/^HTTP\// { status = $2 } END { print status }' "$head"
}

request_id() {
    tr -d '\r' <"$head" | awk 'tolower($1) == "x-ik-requestid:" { print $2 }'
}

error() {
    case $(http_status) in
    400 | 422) code=bad_request ;;
    401) code=unauthenticated ;;
    403) code=forbidden ;;
    404) code=not_found ;;
    429) code=rate_limited ;;
    5*) code=server_error ;;
    *) code=unexpected_status ;;
    esac
    printf '%s (HTTP %s): %s\n' "$code" "$(http_status)" "$(jq -r .message "$body")"
}

if ! get_file_versions "$1"; then
    echo "error: $(error)" >&2
    exit 1
fi
jq -r --arg id "$1" '
    (if length == 1 then "version" else "versions" end) as $noun
    | "\(length) \($noun) of \($id)",
      (.[] | "\(.versionInfo.id)  \(.versionInfo.name)  \(.name)"),
      "first version: \(.[0].versionInfo.id)"' "$body"
echo "response: status $(http_status), request id $(request_id)"

if ! get_file_versions 000000000000000000000000; then
    echo "unknown file: $(error)"
fi
