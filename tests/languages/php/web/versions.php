<?php

/**
 * A web page that gets the versions of a file. The class is preloaded.
 */

declare(strict_types=1);

$isFfiRefused = false;
try {
    FFI::cdef('int getpid(void);');
} catch (FFI\Exception) {
    $isFfiRefused = true;
}

$versions = (new ImageKit\Client())->getFileVersions($_GET['file']);
echo json_encode([
    'worker' => getmypid(),
    'first' => $versions[0]['versionInfo']['id'],
    'isFfiRefused' => $isFfiRefused,
]);
