<?php

/**
 * PHP-FPM opens the library in its master and uses it in two workers, as examples/php/preload.php says.
 *
 *     php fpm.php FILE_ID
 *
 * Ends with 69 where there is no PHP-FPM.
 */

declare(strict_types=1);

require_once __DIR__ . '/web/FastCgi.php';

set_error_handler(function (int $level, string $message, string $file, int $line): never {
    throw new ErrorException($message, 0, $level, $file, $line);
});

$expect = function (bool $isSo, string $what): void {
    $isSo || throw new LogicException("not so: $what");
};

/** Debian's name has its version in it. */
$findFpm = function (): ?string {
    $folders = [...explode(':', getenv('PATH')), '/usr/local/sbin', '/usr/sbin'];
    $names = ['php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION, 'php-fpm'];
    foreach ($folders as $folder) {
        foreach ($names as $name) {
            if (is_executable("$folder/$name")) {
                return "$folder/$name";
            }
        }
    }
    return null;
};

$fpm = $findFpm();
if ($fpm === null) {
    fwrite(STDERR, "it needs PHP-FPM: apt-get install php-fpm\n");
    exit(69);
}

$fileId = $argv[1];
$root = dirname(__DIR__, 3);
$user = exec('id -un');
$group = exec('id -gn');
$folder = sys_get_temp_dir() . '/imagekit-fpm-' . bin2hex(random_bytes(8));
mkdir($folder, 0700) || throw new RuntimeException("$folder cannot be made");
file_put_contents("$folder/conf", strtr(<<<'CONF'
    [global]
    error_log = FOLDER/log
    daemonize = no

    [www]
    listen = FOLDER/socket
    user = USER
    group = GROUP
    pm = static
    pm.max_children = 2
    env[IMAGEKIT_PRIVATE_KEY] = $IMAGEKIT_PRIVATE_KEY
    env[IMAGE_KIT_BASE_URL] = $IMAGE_KIT_BASE_URL
    CONF, ['FOLDER' => $folder, 'USER' => $user, 'GROUP' => $group]));
$settings = [
    'ffi.enable=preload',
    "ffi.preload=$root/include/imagekit_ffi.h",
    'opcache.enable=1',
    "opcache.preload=$root/examples/php/preload.php",
    "opcache.preload_user=$user",
    'display_errors=1',
];
// It makes a process group of its own, so whoever kills ours does not end it.
$command = ['timeout', '100', $fpm, '--pid', "$folder/pid", '--allow-to-run-as-root', '--fpm-config', "$folder/conf"];
foreach ($settings as $setting) {
    array_push($command, '--define', $setting);
}
$log = ['file', "$folder/log", 'a'];
$server = proc_open($command, [['file', '/dev/null', 'r'], $log, $log], $pipes);

try {
    $isReady = fn () => str_contains(file_get_contents("$folder/log"), 'ready to handle connections');
    for ($until = hrtime(true) + 30e9; !$isReady(); usleep(1000)) {
        $expect(proc_get_status($server)['running'] && hrtime(true) < $until, 'the server begins');
    }
    $workers = $first = [];
    for ($round = 0; $round < 4; $round++) {
        $page = fn () => new FastCgi("$folder/socket", __DIR__ . '/web/versions.php', "file=$fileId");
        $pages = [$page(), $page()];
        foreach ($pages as $page) {
            $body = $page->body();
            $answer = json_decode($body, true) ?? throw new LogicException("no answer: $body");
            $first[] = $answer['first'];
            $workers[] = $answer['worker'];
            $expect($answer['isFfiRefused'], 'a page cannot use FFI itself');
        }
    }
    $expect(count(array_unique($first)) === 1 && count($first) === 8, 'all pages get the versions');
    $expect(count(array_unique($workers)) === 2, 'both workers answer');

    $master = (int) file_get_contents("$folder/pid");
    $expect(!in_array($master, $workers, true), 'the master answers nothing');
    $maps = file_get_contents("/proc/$master/maps");
    $expect(str_contains($maps, 'libimagekit.so'), 'the master has opened the library');
    $expect(count(glob("/proc/$master/task/*")) === 1, 'the library starts no thread in the master');
} catch (Throwable $failure) {
    fwrite(STDERR, file_get_contents("$folder/log"));
    throw $failure;
} finally {
    proc_terminate($server);
    proc_close($server);
    array_map(unlink(...), glob("$folder/*"));
    rmdir($folder);
}
echo "kept\n";
