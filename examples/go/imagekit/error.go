package imagekit

/*
#include <imagekit.h>
*/
import "C"

import (
	"encoding/json"
	"fmt"
)

// An Error says why a call did not succeed.
type Error struct {
	Code       string // the status's name, such as "not_found"
	Status     int    // its number
	HTTPStatus int    // of the last answer; 0 where there was none
	RequestID  string // what ImageKit's support asks for
	Message    string
}

func (e *Error) Error() string {
	if e.HTTPStatus == 0 {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s (HTTP %d): %s", e.Code, e.HTTPStatus, e.Message)
}

// newError reads an error document.
func newError(status C.ik_status, document []byte) *Error {
	var read struct{ Error Error }
	if err := json.Unmarshal(document, &read); err != nil {
		read.Error.Message = string(document)
	}
	read.Error.Code = C.GoString(C.ik_status_name(status))
	read.Error.Status = int(status)
	return &read.Error
}

// newRefusal tells why nothing was sent, where the library gives a status alone.
func newRefusal(status C.ik_status) *Error {
	message := "nothing was sent; IMAGE_KIT_LOG=warn may show why"
	switch status {
	case C.IK_STATUS_INVALID_HANDLE:
		message = "the client is closed"
	case C.IK_STATUS_INVALID_ARGUMENT:
		message = "an argument cannot be sent; IMAGE_KIT_LOG=warn shows which"
	}
	return &Error{Code: C.GoString(C.ik_status_name(status)), Status: int(status), Message: message}
}

func newInvalidArgument(message string) *Error {
	status := C.ik_status(C.IK_STATUS_INVALID_ARGUMENT)
	return &Error{Code: C.GoString(C.ik_status_name(status)), Status: int(status), Message: message}
}
