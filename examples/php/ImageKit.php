<?php

declare(strict_types=1);

namespace ImageKit;

use FFI;
use FFI\CData;
use Generator;
use JsonException;
use LogicException;
use RuntimeException;
use SensitiveParameter;
use ValueError;

/**
 * Why a call failed. getCode() is the IK_STATUS_... number.
 */
final class ImageKitException extends RuntimeException
{
    /**
     * @param string  $errorCode  such as "not_found"
     * @param ?int    $httpStatus the HTTP status, if there was an answer
     * @param ?string $requestId  what ImageKit's support asks for
     */
    public function __construct(
        string $message,
        int $status,
        public readonly string $errorCode,
        public readonly ?int $httpStatus = null,
        public readonly ?string $requestId = null,
    ) {
        parent::__construct($message, $status);
    }
}

/**
 * A client of ImageKit's API, through libimagekit.
 *
 *     $client = new ImageKit\Client();
 *     foreach ($client->getFileVersions('66a100000000000000000001') as $version) {
 *         echo $version['name'], "\n";
 *     }
 *
 * Each operation returns the server's JSON as arrays, and puts what else is known of its response, such
 * as "httpStatus" and "requestId", into its last argument. Nothing here is called back: PHP cannot be
 * entered by a thread of the library. Many calls at once are started together and waited for in turn.
 *
 * A client works in processes that are forked later, too. In a web server preload.php is needed.
 */
final class Client
{
    private const HEADERS = [
        __DIR__ . '/imagekit_ffi.h',
        __DIR__ . '/../../include/imagekit_ffi.h',
        '/usr/local/include/imagekit_ffi.h',
        '/usr/include/imagekit_ffi.h',
    ];

    /** UINT64_MAX, as a number of PHP. */
    private const NO_LIMIT = -1;

    /** IK_STATUS_INVALID_ARGUMENT, IK_STATUS_INVALID_RESPONSE */
    private const INVALID_ARGUMENT = 1;
    private const INVALID_RESPONSE = 25;

    private static ?FFI $library = null;

    private readonly FFI $ik;
    private readonly CData $handle;

    /**
     * What is null comes from the environment (IMAGEKIT_PRIVATE_KEY, IMAGE_KIT_BASE_URL) or is the
     * library's default.
     */
    public function __construct(
        #[SensitiveParameter] ?string $privateKey = null,
        ?string $baseUrl = null,
        ?int $timeoutMs = null,
    ) {
        $this->ik = self::library();
        $config = $this->ik->ik_config_new();
        try {
            // Their statuses can be left alone: a config that a setter refused a value makes no client,
            // and the error says which value it was.
            if ($privateKey !== null) {
                $this->ik->ik_config_set_private_key($config, self::text($privateKey));
            }
            if ($baseUrl !== null) {
                $this->ik->ik_config_set_base_url($config, self::text($baseUrl));
            }
            if ($timeoutMs !== null) {
                $this->ik->ik_config_set_timeout_ms($config, $timeoutMs);
            }
            $handle = $this->ik->new('ik_client *');
            $this->take(fn (CData $error) => $this->ik->ik_client_new($config, FFI::addr($handle), $error));
            $this->handle = $handle;
        } finally {
            $this->ik->ik_config_free($config);
        }
    }

    public function __destruct()
    {
        $this->ik->ik_client_free($this->handle);
    }

    private function __clone()
    {
    }

    public function __unserialize(array $data): void
    {
        throw new LogicException('A client cannot be unserialized');
    }

    public function getFileVersions(string $fileId, ?array &$metadata = null): array
    {
        return $this->perform($metadata, 'get_file_versions', $fileId);
    }

    public function getFileVersionDetails(string $fileId, string $versionId, ?array &$metadata = null): array
    {
        return $this->perform($metadata, 'get_file_version_details', $fileId, $versionId);
    }

    public function restoreFileVersion(string $fileId, string $versionId, ?array &$metadata = null): array
    {
        return $this->perform($metadata, 'restore_file_version', $fileId, $versionId);
    }

    public function deleteFileVersion(string $fileId, string $versionId, ?array &$metadata = null): array
    {
        return $this->perform($metadata, 'delete_file_version', $fileId, $versionId);
    }

    /**
     * Sends any other request, such as request('GET', '/v1/files?limit=10').
     */
    public function request(string $method, string $path, mixed $body = null, ?array &$metadata = null): mixed
    {
        $json = $body === null ? null : json_encode($body, JSON_THROW_ON_ERROR);

        return $this->perform($metadata, 'request', $method, $path, $json);
    }

    /**
     * Gets the versions of many files, with so many requests at once, in the order of the ids. To stop in
     * between cancels those that run.
     *
     * @param iterable<string> $fileIds
     *
     * @return Generator<string, array|ImageKitException> the versions of each id, or why there are none
     */
    public function getFileVersionsOfAll(iterable $fileIds, int $concurrency = 32): Generator
    {
        $running = [];
        try {
            foreach ($fileIds as $fileId) {
                if (count($running) >= max(1, $concurrency)) {
                    yield from $this->next($running);
                }
                $running[] = [$fileId, $this->settle(fn () => $this->start('get_file_versions', (string) $fileId))];
            }
            while ($running !== []) {
                yield from $this->next($running);
            }
        } finally {
            foreach ($running as [, $call]) {
                $call instanceof CData && $this->ik->ik_call_free($call);
            }
        }
    }

    /**
     * In a web server the header was preloaded; elsewhere it is read here, once.
     */
    private static function library(): FFI
    {
        if (self::$library !== null) {
            return self::$library;
        }
        try {
            return self::$library = FFI::scope('imagekit');
        } catch (FFI\Exception) {
            return self::$library = self::load();
        }
    }

    private static function load(): FFI
    {
        $headers = array_filter(self::HEADERS, is_readable(...));
        if ($headers === []) {
            throw new RuntimeException('imagekit_ffi.h was not found: put it beside ' . __FILE__);
        }
        $library = getenv('IMAGEKIT_LIBRARY') ?: 'libimagekit.so.0.1';
        try {
            return FFI::cdef(file_get_contents(reset($headers)), $library);
        } catch (FFI\Exception $exception) {
            throw new RuntimeException("{$exception->getMessage()}: set IMAGEKIT_LIBRARY to the library's path");
        }
    }

    private function perform(?array &$metadata, string $operation, ?string ...$arguments): mixed
    {
        $call = $this->describe($operation, ...$arguments);
        try {
            $answer = $this->take(fn (CData $json) => $this->ik->ik_call_perform($call, $json));
            $metadata = self::decode($this->take(fn (CData $json) => $this->ik->ik_call_get_metadata($call, $json)));

            return self::decode($answer);
        } finally {
            $this->ik->ik_call_free($call);
        }
    }

    private function start(string $operation, ?string ...$arguments): CData
    {
        $call = $this->describe($operation, ...$arguments);
        $status = $this->ik->ik_call_start($call, null, null);
        if ($status === $this->ik->IK_STATUS_OK) {
            return $call;
        }
        $this->ik->ik_call_free($call);
        throw $this->exception($status, null);
    }

    private function finish(CData $call): mixed
    {
        try {
            $wait = fn (CData $json) => $this->ik->ik_call_wait($call, self::NO_LIMIT, $json);

            return self::decode($this->take($wait));
        } finally {
            $this->ik->ik_call_free($call);
        }
    }

    /**
     * Takes the oldest of the calls that run, and waits for it.
     */
    private function next(array &$running): Generator
    {
        [$fileId, $call] = array_shift($running);
        yield $fileId => $call instanceof CData ? self::settle(fn () => $this->finish($call)) : $call;
    }

    private static function settle(callable $work): mixed
    {
        try {
            return $work();
        } catch (ImageKitException $exception) {
            return $exception;
        } catch (ValueError $error) {
            return new ImageKitException($error->getMessage(), self::INVALID_ARGUMENT, 'invalid_argument');
        }
    }

    private function describe(string $operation, ?string ...$arguments): CData
    {
        $arguments = array_map(self::text(...), $arguments);
        $call = $this->ik->new('ik_call *');
        $status = $this->ik->{"ik_{$operation}_call"}($this->handle, ...[...$arguments, FFI::addr($call)]);
        if ($status === $this->ik->IK_STATUS_OK) {
            return $call;
        }
        if ($status === $this->ik->IK_STATUS_INVALID_ARGUMENT) {
            // There is no error document with this status, so the plain function is asked: it refuses
            // the same, and says why.
            $this->take(fn (CData $json) => $this->ik->{"ik_$operation"}($this->handle, ...[...$arguments, $json]));
        }
        throw $this->exception($status, null);
    }

    /**
     * Copies and frees the string that a function gives.
     *
     * @param callable(CData): int $function is given the address for its out parameter
     *
     * @throws ImageKitException if it gave an error document
     */
    private function take(callable $function): ?string
    {
        $string = $this->ik->new('char *');
        try {
            $status = $function(FFI::addr($string));
            $text = FFI::isNull($string) ? null : FFI::string($string);
        } finally {
            $this->ik->ik_string_free($string);
        }
        if ($status !== $this->ik->IK_STATUS_OK) {
            throw $this->exception($status, $text);
        }

        return $text;
    }

    private function exception(int $status, ?string $document): ImageKitException
    {
        $error = $document === null ? [] : self::decode($document)['error'];
        $code = $error['code'] ?? $this->ik->ik_status_name($status);

        return new ImageKitException(
            $error['message'] ?? $code,
            $status,
            $code,
            $error['httpStatus'] ?? null,
            $error['requestId'] ?? null,
        );
    }

    /**
     * What ImageKit sent is JSON; the little that PHP does not take of it, half surrogates, is its fault.
     */
    private static function decode(string $json): mixed
    {
        try {
            return json_decode($json, true, 512, JSON_THROW_ON_ERROR);
        } catch (JsonException $exception) {
            throw new ImageKitException($exception->getMessage(), self::INVALID_RESPONSE, 'invalid_response');
        }
    }

    /**
     * For C a string ends at its first NUL.
     */
    private static function text(#[SensitiveParameter] ?string $text): ?string
    {
        if ($text !== null && str_contains($text, "\0")) {
            throw new ValueError('A string must not contain any null bytes');
        }

        return $text;
    }
}
