<?php

/**
 * Where the library is not found, the error says what to do.
 */

declare(strict_types=1);

require_once __DIR__ . '/../../../examples/php/ImageKit.php';

putenv('IMAGEKIT_LIBRARY=/nowhere/libimagekit.so');
try {
    new ImageKit\Client();
} catch (RuntimeException $exception) {
    $isClear = preg_match('~/nowhere/libimagekit\.so.*set IMAGEKIT_LIBRARY~', $exception->getMessage());
    echo $isClear ? "kept\n" : $exception;
}
