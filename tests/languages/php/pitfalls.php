<?php

/**
 * What a binding for PHP can get wrong: says "kept", or else which of it went wrong.
 *
 *     php pitfalls.php FILE_ID
 *
 * The server's answers take 50 ms.
 */

declare(strict_types=1);

use ImageKit\Client;
use ImageKit\ImageKitException;

require_once __DIR__ . '/../../../examples/php/ImageKit.php';

// A warning is a failure.
set_error_handler(function (int $level, string $message, string $file, int $line): never {
    throw new ErrorException($message, 0, $level, $file, $line);
});

$holds = function (string $what, callable $check): void {
    $check() || throw new LogicException("does not hold: $what");
};
$failureOf = function (callable $work): ?Throwable {
    try {
        $work();
        return null;
    } catch (Throwable $failure) {
        return $failure;
    }
};
$openFiles = fn (): int => count(scandir('/proc/self/fd'));
$waitFor = function (callable $state): bool {
    for ($until = hrtime(true) + 10e9; !$state() && hrtime(true) < $until;) {
        usleep(1000);
    }
    return $state();
};

$fileId = $argv[1];
$client = new Client();
$firstId = $client->getFileVersions($fileId)[0]['versionInfo']['id'];

$holds('text with a NUL inside is refused before the call', function () use ($client, $fileId, $failureOf) {
    $text = "$fileId\0.jpg";
    $calls = [
        fn () => $client->getFileVersions($text),
        fn () => $client->getFileVersionDetails($fileId, $text),
        fn () => $client->request('GET', $text),
        fn () => new Client(privateKey: $text),
    ];
    $refused = array_filter($calls, fn ($call) => $failureOf($call) instanceof ValueError);
    return count($refused) === count($calls);
});

$holds('one bad id of many spoils none of the others', function () use ($client, $fileId, $firstId) {
    $seen = [];
    foreach ($client->getFileVersionsOfAll([$fileId, "$fileId\0.jpg", '', $fileId], 0) as $versions) {
        $seen[] = $versions instanceof ImageKitException ? $versions->errorCode : $versions[0]['versionInfo']['id'];
    }
    return $seen === [$firstId, 'invalid_argument', 'invalid_argument', $firstId];
});

$holds('no key is in a trace', function () use ($failureOf) {
    ini_set('zend.exception_ignore_args', '0');
    $failure = $failureOf(fn () => new Client(privateKey: "private_marker\0"));
    return !str_contains(print_r($failure->getTrace(), true) . $failure->getTraceAsString(), 'private_marker');
});

$holds('text is UTF-8, in and out', function () use ($client, $failureOf) {
    $upload = ['file' => 'aGVsbG8=', 'fileName' => 'a.txt', 'tags' => ['größe', '🎨'], 'useUniqueFileName' => false];
    $tags = $client->request('POST', '/api/v1/files/upload', $upload)['tags'];
    $arrived = $failureOf(fn () => $client->getFileVersions('größe'))->httpStatus === 400;
    $latin = $failureOf(fn () => $client->getFileVersions("gr\xf6\xdfe"));
    return $arrived && $tags === ['größe', '🎨'] && $latin->errorCode === 'invalid_argument';
});

$holds('what is refused says why', function () use ($client, $failureOf) {
    $refused = $failureOf(fn () => $client->getFileVersions(''));
    $facts = [$refused->errorCode, $refused->getCode(), $refused->httpStatus, $refused->requestId];
    return $facts === ['invalid_argument', 1, null, null] && str_contains($refused->getMessage(), 'file_id');
});

$holds('a setting that cannot be used makes no client', function () use ($failureOf) {
    $refused = fn (int $time) => $failureOf(fn () => new Client(timeoutMs: $time))->getMessage();
    return str_contains($refused(0), 'timeout_ms') && str_contains($refused(-1), 'timeout_ms');
});

$holds('the key is in no stack trace', function () use ($failureOf) {
    ini_set('zend.exception_ignore_args', '0');
    ini_set('zend.exception_string_param_max_len', '99');
    $failure = $failureOf(fn () => new Client(privateKey: 'private_1234', timeoutMs: 0));
    return !str_contains((string) $failure, 'private_1234');
});

$holds('64 calls run together, and each answer goes to its id', function () use ($client, $fileId, $firstId) {
    $known = fn (int $number) => $number % 3 === 0;
    $ids = array_map(fn ($number) => $known($number) ? $fileId : sprintf('%024d', $number), range(1, 64));
    $number = 0;
    foreach ($client->getFileVersionsOfAll($ids, 64) as $id => $answer) {
        $isRight = $known(++$number)
            ? $answer[0]['versionInfo']['id'] === $firstId
            : $answer instanceof ImageKitException && $answer->httpStatus === 404;
        if ($id !== $ids[$number - 1] || !$isRight) {
            return false;
        }
    }
    return $number === 64;
});

$holds('one that is refused keeps no other from its answer', function () use ($client, $fileId) {
    $answers = iterator_to_array($client->getFileVersionsOfAll(['', $fileId]));
    return $answers['']->errorCode === 'invalid_argument' && count($answers[$fileId]) > 0;
});

// It accepts connections and says nothing.
$silence = stream_socket_server('tcp://127.0.0.1:0');
$patient = new Client(baseUrl: 'http://' . stream_socket_get_name($silence, false));

$holds('who stops in between leaves nothing behind', function () use ($patient, $fileId, $openFiles, $waitFor) {
    $before = $openFiles();
    for ($round = 0; $round < 3; $round++) {
        foreach ($patient->getFileVersionsOfAll(['', $fileId, $fileId, $fileId], 3) as $answer) {
            $isRunning = $waitFor(fn () => $openFiles() >= $before + 2);
            break;
        }
        if (!$isRunning || !$waitFor(fn () => $openFiles() <= $before)) {
            return false;
        }
    }
    return true;
});

$holds('a client that is no longer used is freed', function () use ($fileId, $openFiles, $waitFor) {
    $before = $openFiles();
    $clients = array_map(fn () => new Client(), range(1, 20));
    foreach ($clients as $client) {
        $client->getFileVersions($fileId);
    }
    unset($client);
    $kept = $openFiles() - $before;
    $clients = [];
    return $kept >= 20 && $waitFor(fn () => $openFiles() <= $before);
});

$holds('every string of the library is freed', function () use ($client, $failureOf) {
    $c = FFI::cdef('struct sizes { size_t before[7]; size_t in_use; size_t after[2]; }; struct sizes mallinfo2(void);');
    $refuse = function (int $times) use ($client, $failureOf): void {
        while ($times-- > 0) {
            $failureOf(fn () => $client->getFileVersions(''));
        }
    };
    $refuse(100);
    $before = $c->mallinfo2()->in_use;
    $refuse(5000);
    return $c->mallinfo2()->in_use - $before < 100_000;
});

$holds('a client is not copied', fn () => $failureOf(fn () => clone $client) instanceof Error
    && $failureOf(fn () => serialize($client)) instanceof Exception);

$holds('a forked child uses the client of its parent', function () use ($client, $fileId, $firstId) {
    for ($child = 0; $child < 3; $child++) {
        if (pcntl_fork() === 0) {
            exit($client->getFileVersions($fileId)[0]['versionInfo']['id'] === $firstId ? 0 : 1);
        }
    }
    $codes = array_map(fn () => pcntl_wait($status) > 0 ? pcntl_wexitstatus($status) : -1, range(1, 3));
    return $codes === [0, 0, 0] && count($client->getFileVersions($fileId)) > 0;
});

// The end comes with a call in flight.
foreach ($patient->getFileVersionsOfAll(['', $fileId, $fileId], 2) as $answer) {
    echo "kept\n";
    exit(0);
}
