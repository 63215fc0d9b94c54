<?php

/**
 * Prints the versions of a file.
 *
 *     IMAGEKIT_PRIVATE_KEY=private_... php get_file_versions.php FILE_ID
 *
 * IMAGE_KIT_BASE_URL names another server than https://api.imagekit.io.
 */

declare(strict_types=1);

use ImageKit\Client;
use ImageKit\ImageKitException;

require_once __DIR__ . '/ImageKit.php';

const UNKNOWN_ID = '000000000000000000000000';

$describe = function (ImageKitException $exception): string {
    $http = $exception->httpStatus === null ? '' : " (HTTP {$exception->httpStatus})";

    return "{$exception->errorCode}{$http}: {$exception->getMessage()}";
};

if ($argc !== 2) {
    fwrite(STDERR, "usage: php get_file_versions.php FILE_ID\n");
    exit(2);
}
$fileId = $argv[1];

try {
    $client = new Client();
    $versions = $client->getFileVersions($fileId, $response);
} catch (ImageKitException $exception) {
    fwrite(STDERR, "error: {$describe($exception)}\n");
    exit(1);
}

$count = count($versions);
echo $count === 1 ? '1 version' : "$count versions", " of $fileId\n";
foreach ($versions as ['versionInfo' => $info, 'name' => $name]) {
    echo "{$info['id']}  {$info['name']}  $name\n";
}
if ($versions !== []) {
    echo "first version: {$versions[0]['versionInfo']['id']}\n";
}
echo "response: status {$response['httpStatus']}, request id {$response['requestId']}\n";

try {
    $client->getFileVersions(UNKNOWN_ID);
} catch (ImageKitException $exception) {
    echo "unknown file: {$describe($exception)}\n";
}
