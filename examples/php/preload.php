<?php

/**
 * Lets web requests use ImageKit.php. In a web server PHP gives FFI to files alone that were loaded when
 * the server began, so these are, with the declarations of the library. In php.ini:
 *
 *     ffi.enable = preload
 *     ffi.preload = /usr/include/imagekit_ffi.h
 *     opcache.enable = 1
 *     opcache.preload = /srv/app/preload.php
 *     opcache.preload_user = www-data
 *
 * PHP-FPM's master then opens libimagekit.so.0.1, which starts nothing there; each worker makes clients of
 * its own. Requests use the class without any require, and still cannot use FFI themselves.
 *
 * PHP-FPM clears the environment. The key is an argument of the client's, or set for the pool:
 *
 *     env[IMAGEKIT_PRIVATE_KEY] = private_...
 */

declare(strict_types=1);

require_once __DIR__ . '/ImageKit.php';
