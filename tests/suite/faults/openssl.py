"""A server by OpenSSL, for what rows need and rustls cannot be: old versions, old suites, weak keys.

Its one argument is JSON: the address to listen on, the file after which it is a good server, a file of
a certificate and its key with which it is one, and what it is before that. It says its port, then a
line for each connection and each request, and ends with its standard input.
"""

import fcntl, json, os, socket, ssl, struct, sys, threading, time

told = json.loads(sys.argv[1])


def say(line):
    os.write(1, f"{line}\n".encode())


def is_over():
    return os.path.exists(told["marker"])


def end_with_input():
    while os.read(0, 1):
        pass
    os._exit(0)


def add_address(address):
    """To a network of our own that has none yet."""
    set_address, set_flags, is_up = 0x8916, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        place = struct.pack("16sHH4s8x", b"lo", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(any_socket, set_address, place)
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", is_up))


def context(identity, oldest=None, newest=None, suites=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if suites:
        made.set_ciphers(suites + ":@SECLEVEL=0")
    if oldest:
        made.minimum_version = ssl.TLSVersion[oldest]
    if newest:
        made.maximum_version = ssl.TLSVersion[newest]
    made.load_cert_chain(identity)
    return made


def serve(connection, tls):
    try:
        with tls.wrap_socket(connection, server_side=True) as stream:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += stream.recv(4096) or exit()
            say("request")
            body = b'["good"]'
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            stream.unwrap()
    except OSError:
        pass  # the client may leave at any step


threading.Thread(target=end_with_input, daemon=True).start()
good = context(told["good"])
odd = context(**told["odd"]) if told["odd"] else good
if told["begins"] == "offline":
    say("port 443")
    while not is_over():
        time.sleep(0.005)
    add_address(told["address"])
    listener = socket.create_server((told["address"], 443))
else:
    listener = socket.create_server((told["address"], 0))
    say(f"port {listener.getsockname()[1]}")
while True:
    connection, _ = listener.accept()
    say("connection")
    tls = good if is_over() else odd
    threading.Thread(target=serve, args=(connection, tls), daemon=True).start()
