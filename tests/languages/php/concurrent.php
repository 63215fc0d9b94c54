<?php

/**
 * Fetches the versions of all files together, started first and waited for then, in five rounds.
 *
 *     php concurrent.php FILE_ID...
 */

declare(strict_types=1);

require_once __DIR__ . '/../../../examples/php/ImageKit.php';

$ids = array_slice($argv, 1);
$client = new ImageKit\Client();
$client->getFileVersions($ids[0]);
for ($round = 0; $round < 5; $round++) {
    $start = hrtime(true);
    $count = 0;
    foreach ($client->getFileVersionsOfAll($ids) as $versions) {
        $count += isset($versions[0]['versionInfo']['id']) ? 1 : 0;
    }
    printf("%d answers in %d ms\n", $count, (hrtime(true) - $start) / 1e6);
}
