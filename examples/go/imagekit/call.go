package imagekit

/*
#include <stdint.h>
#include <stdlib.h>
#include <imagekit.h>

extern void callDone(uintptr_t user_data, ik_status status, char *answer);

static void gateway(void *user_data, ik_status status, char *answer)
{
	callDone((uintptr_t)user_data, status, answer);
}

// A number in a pointer's clothes is made here, as Go's collector would look where it points.
static ik_status start(ik_call *call, uintptr_t user_data)
{
	return ik_call_start(call, gateway, (void *)user_data);
}
*/
import "C"

import (
	"context"
	"encoding/json"
	"runtime/cgo"
	"strings"
	"unsafe"
)

// How a call ended, as the library tells it. The string is ours to free.
type end struct {
	status C.ik_status
	answer *C.char
}

// send describes a call, sends it and waits for its end, or cancels it with ctx. The goroutine
// waits at a channel, which takes no thread; a blocking C call would take one for each goroutine.
func send(
	ctx context.Context,
	describe func(text []*C.char, call **C.ik_call) C.ik_status,
	arguments ...string,
) (*Answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	text, err := newText(arguments)
	if err != nil {
		return nil, err
	}
	defer text.free()

	var call *C.ik_call
	if status := describe(text, &call); status != C.IK_STATUS_OK {
		return nil, newRefusal(status)
	}
	defer C.ik_call_free(call)

	done := make(chan end, 1)
	handle := cgo.NewHandle(done)
	defer handle.Delete()
	if status := C.start(call, C.uintptr_t(handle)); status != C.IK_STATUS_OK {
		return nil, newRefusal(status)
	}
	return finish(ctx, call, wait(ctx, call, done))
}

// wait waits for the end, which comes once in any case: after a cancellation, too.
func wait(ctx context.Context, call *C.ik_call, done <-chan end) end {
	select {
	case ended := <-done:
		return ended
	case <-ctx.Done():
		C.ik_call_cancel(call)
		return <-done
	}
}

// callDone runs on the library's callback thread, one at a time: it must not wait.
//
//export callDone
func callDone(userData C.uintptr_t, status C.ik_status, answer *C.char) {
	cgo.Handle(userData).Value().(chan end) <- end{status, answer}
}

func finish(ctx context.Context, call *C.ik_call, ended end) (*Answer, error) {
	document := take(ended.answer)
	if ended.status == C.IK_STATUS_CANCELLED && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if ended.status != C.IK_STATUS_OK {
		return nil, newError(ended.status, document)
	}

	var out *C.char
	status := C.ik_call_get_metadata(call, &out)
	known := take(out)
	if status != C.IK_STATUS_OK {
		return nil, newError(status, known)
	}
	answer := &Answer{JSON: document}
	if err := json.Unmarshal(known, &answer.Metadata); err != nil {
		return nil, err
	}
	return answer, nil
}

// take copies a string of the library's and frees it.
func take(text *C.char) []byte {
	defer C.ik_string_free(text) // and not C.free: it is the library's
	return []byte(C.GoString(text))
}

// text is a call's arguments, as C has them.
type text []*C.char

func newText(arguments []string) (text, error) {
	for _, argument := range arguments {
		// C would take what is before it for the whole.
		if strings.IndexByte(argument, 0) >= 0 {
			return nil, newInvalidArgument("an argument holds a NUL character")
		}
	}
	made := make(text, len(arguments))
	for i, argument := range arguments {
		made[i] = C.CString(argument)
	}
	return made, nil
}

func (t text) free() {
	for _, made := range t {
		C.free(unsafe.Pointer(made)) // C's own, as C.CString makes it
	}
}
