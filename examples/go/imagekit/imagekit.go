// Package imagekit is ImageKit's media API, by way of libimagekit.
//
// It is built with cgo. With the library installed where the C compiler looks, go build is enough;
// elsewhere pkg-config tells where it is, or you do:
//
//	export CGO_CFLAGS="$(pkg-config --cflags imagekit)" CGO_LDFLAGS="$(pkg-config --libs imagekit)"
//	export CGO_CFLAGS="-I$prefix/include" CGO_LDFLAGS="-L$prefix/lib -Wl,-rpath,$prefix/lib"
//
// "build constraints exclude all Go files" means that cgo is off: no C compiler was found, or you
// compile for another system. CGO_ENABLED=1 with a compiler in CC turns it on.
//
// The functions wait, as is usual in Go: call them in as many goroutines as you like. None of them
// holds a thread while it waits, and none depends on the thread that it runs on.
package imagekit

/*
#cgo LDFLAGS: -limagekit
#include <stdlib.h>
#include <imagekit.h>
*/
import "C"

import (
	"context"
	"encoding/json"
)

// A Client serves all goroutines at once. The private key comes from IMAGEKIT_PRIVATE_KEY.
type Client struct {
	handle *C.ik_client // a number that the library looks up; never followed
}

// NewClient makes a client with the settings of the environment. Close it when it is no longer
// needed.
func NewClient() (*Client, error) {
	var handle *C.ik_client
	var problem *C.char
	status := C.ik_client_new(nil, &handle, &problem)
	document := take(problem)
	if status != C.IK_STATUS_OK {
		return nil, newError(status, document)
	}
	return &Client{handle}, nil
}

// Close frees the client. Calls that run finish; later ones fail with the code invalid_handle. To
// close it again does nothing.
func (c *Client) Close() {
	C.ik_client_free(c.handle)
}

// An Answer is what the server said to a call.
type Answer struct {
	JSON     json.RawMessage // the server's own, byte for byte
	Metadata Metadata
}

// Metadata is what is known of a call besides its answer.
type Metadata struct {
	HTTPStatus int
	RequestID  string
	Attempts   int
	Headers    map[string][]string // their names are in lower case
}

// FileVersions gets the versions of a file, the current one first: an array.
func (c *Client) FileVersions(ctx context.Context, fileID string) (*Answer, error) {
	return send(ctx, func(text []*C.char, call **C.ik_call) C.ik_status {
		return C.ik_get_file_versions_call(c.handle, text[0], call)
	}, fileID)
}

// FileVersionDetails gets one version of a file.
func (c *Client) FileVersionDetails(ctx context.Context, fileID, versionID string) (*Answer, error) {
	return send(ctx, func(text []*C.char, call **C.ik_call) C.ik_status {
		return C.ik_get_file_version_details_call(c.handle, text[0], text[1], call)
	}, fileID, versionID)
}

// RestoreFileVersion makes an older version of a file the current one, and gives it.
func (c *Client) RestoreFileVersion(ctx context.Context, fileID, versionID string) (*Answer, error) {
	return send(ctx, func(text []*C.char, call **C.ik_call) C.ik_status {
		return C.ik_restore_file_version_call(c.handle, text[0], text[1], call)
	}, fileID, versionID)
}

// DeleteFileVersion deletes a version of a file that is not the current one.
func (c *Client) DeleteFileVersion(ctx context.Context, fileID, versionID string) (*Answer, error) {
	return send(ctx, func(text []*C.char, call **C.ik_call) C.ik_status {
		return C.ik_delete_file_version_call(c.handle, text[0], text[1], call)
	}, fileID, versionID)
}

// Request sends any other request: a method, an encoded path such as "/v1/files?limit=10".
func (c *Client) Request(ctx context.Context, method, path string) (*Answer, error) {
	return send(ctx, func(text []*C.char, call **C.ik_call) C.ik_status {
		return C.ik_request_call(c.handle, text[0], text[1], nil, call)
	}, method, path)
}

// RequestWithBody sends any other request with a body.
func (c *Client) RequestWithBody(ctx context.Context, method, path string, body json.RawMessage) (*Answer, error) {
	return send(ctx, func(text []*C.char, call **C.ik_call) C.ik_status {
		return C.ik_request_call(c.handle, text[0], text[1], text[2], call)
	}, method, path, string(body))
}
