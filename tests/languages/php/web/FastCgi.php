<?php

declare(strict_types=1);

/**
 * One request to PHP-FPM, sent when it is made.
 */
final class FastCgi
{
    private const BEGIN = 1;
    private const END = 3;
    private const PARAMS = 4;
    private const STDIN = 5;
    private const STDOUT = 6;

    /** @var resource */
    private $stream;

    public function __construct(string $socket, string $script, string $query)
    {
        $this->stream = stream_socket_client("unix://$socket", $code, $message, 10);
        stream_set_timeout($this->stream, 10);
        $parameters = '';
        $named = ['REQUEST_METHOD' => 'GET', 'SCRIPT_FILENAME' => $script, 'QUERY_STRING' => $query];
        foreach ($named as $name => $value) {
            $parameters .= pack('CN', strlen($name), 1 << 31 | strlen($value)) . $name . $value;
        }
        $responder = pack('nCx5', 1, 0);
        $records = [[self::BEGIN, $responder], [self::PARAMS, $parameters], [self::PARAMS, ''], [self::STDIN, '']];
        foreach ($records as [$kind, $content]) {
            fwrite($this->stream, pack('CCnnCx', 1, $kind, 1, strlen($content), 0) . $content);
        }
    }

    /**
     * Waits for what the script printed.
     */
    public function body(): string
    {
        $printed = '';
        do {
            $head = unpack('Cversion/Ckind/nrequest/nlength/Cpadding', $this->read(8));
            $content = $this->read($head['length']);
            $this->read($head['padding']);
            $printed .= $head['kind'] === self::STDOUT ? $content : '';
        } while ($head['kind'] !== self::END);
        fclose($this->stream); // the worker waits for that

        return explode("\r\n\r\n", $printed, 2)[1];
    }

    private function read(int $length): string
    {
        $bytes = $length > 0 ? stream_get_contents($this->stream, $length) : '';
        if (strlen($bytes) !== $length) {
            throw new RuntimeException('PHP-FPM said too little');
        }

        return $bytes;
    }
}
