#!/usr/bin/env python3
"""Lists the versions of a file, the current one first.

IMAGEKIT_PRIVATE_KEY=private_... python3 get_file_versions.py FILE_ID
"""

import sys

import imagekit


def main() -> int:
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} FILE_ID", file=sys.stderr)
        return 2
    sys.stdout.reconfigure(encoding="utf-8")  # whatever the locale says
    file_id = sys.argv[1]
    try:
        with imagekit.Client() as client:
            show_versions(client, file_id)
            show_response(client, file_id)
            show_unknown_file(client)
    except imagekit.ImageKitError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def show_versions(client: imagekit.Client, file_id: str) -> None:
    versions = client.file_versions(file_id)
    noun = "version" if len(versions) == 1 else "versions"
    print(f"{len(versions)} {noun} of {file_id}")
    for version in versions:
        info = version["versionInfo"]
        print(f"{info['id']}  {info['name']}  {version['name']}")
    if versions:
        print(f"first version: {versions[0]['versionInfo']['id']}")


def show_response(client: imagekit.Client, file_id: str) -> None:
    metadata = client.call("get_file_versions", file_id).metadata
    status, request_id = metadata["httpStatus"], metadata["requestId"]
    print(f"response: status {status}, request id {request_id}")


def show_unknown_file(client: imagekit.Client) -> None:
    try:
        client.file_versions("000000000000000000000000")
    except imagekit.ImageKitError as error:
        print(f"unknown file: {error}")


if __name__ == "__main__":
    sys.exit(main())
