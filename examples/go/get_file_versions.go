// Get_file_versions prints the versions of a file, the current one first.
//
//	go build && IMAGEKIT_PRIVATE_KEY=private_... ./get_file_versions FILE_ID
//
// IMAGE_KIT_BASE_URL names another server than https://api.imagekit.io. How to build it against
// libimagekit is told in imagekit/imagekit.go, which is what you would copy.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"example.com/get_file_versions/imagekit"
)

// Nobody has a file with this id.
const unknownID = "000000000000000000000000"

// What is read of a version; the server sends more.
type version struct {
	Name        string
	VersionInfo struct{ ID, Name string }
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: get_file_versions FILE_ID")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(fileID string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // Ctrl-C cancels
	defer stop()

	client, err := imagekit.NewClient()
	if err != nil {
		return err
	}
	defer client.Close()

	answer, err := client.FileVersions(ctx, fileID)
	if err != nil {
		return err
	}
	var versions []version
	if err := json.Unmarshal(answer.JSON, &versions); err != nil {
		return err
	}

	fmt.Printf("%d %s of %s\n", len(versions), plural("version", len(versions)), fileID)
	for _, v := range versions {
		fmt.Printf("%s  %s  %s\n", v.VersionInfo.ID, v.VersionInfo.Name, v.Name)
	}
	if len(versions) > 0 {
		fmt.Println("first version:", versions[0].VersionInfo.ID)
	}
	fmt.Printf("response: status %d, request id %s\n", answer.Metadata.HTTPStatus, answer.Metadata.RequestID)

	_, err = client.FileVersions(ctx, unknownID)
	var failure *imagekit.Error
	if !errors.As(err, &failure) {
		return err
	}
	fmt.Println("unknown file:", failure)
	return nil
}

func plural(noun string, count int) string {
	if count == 1 {
		return noun
	}
	return noun + "s"
}
