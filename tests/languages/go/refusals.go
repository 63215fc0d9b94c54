// Refusals: what package imagekit cannot send is an error that says so, and nothing worse.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"example.com/get_file_versions/imagekit"
)

func main() {
	ctx, fileID := context.Background(), os.Args[1]
	client, err := imagekit.NewClient()
	if err != nil {
		log.Fatal(err)
	}

	_, err = client.FileVersions(ctx, fileID+"\x00")
	expect(err, "invalid_argument", "an argument holds a NUL character")
	_, err = client.FileVersions(ctx, "..")
	expect(err, "invalid_argument", "an argument cannot be sent; IMAGE_KIT_LOG=warn shows which")

	client.Close()
	client.Close()
	_, err = client.FileVersions(ctx, fileID)
	expect(err, "invalid_handle", "the client is closed")

	os.Unsetenv("IMAGEKIT_PRIVATE_KEY")
	_, err = imagekit.NewClient()
	expect(err, "invalid_argument", "")

	fmt.Println("kept")
}

func expect(err error, code, message string) {
	var failure *imagekit.Error
	if !errors.As(err, &failure) || failure.Code != code || failure.Status == 0 || failure.HTTPStatus != 0 {
		log.Fatalf("%s was expected, and not: %v", code, err)
	}
	if message != "" && failure.Message != message {
		log.Fatalf("%q was expected, and not: %v", message, err)
	}
}
