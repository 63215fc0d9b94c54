// Contexts: one that ends ends the call, with its own error, and spoils no other call.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"example.com/get_file_versions/imagekit"
)

func main() {
	client, err := imagekit.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	short, stop := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer stop()
	expect(client, short, context.DeadlineExceeded)
	expect(client, short, context.DeadlineExceeded) // before it begins

	cancelled, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	expect(client, cancelled, context.Canceled)

	expect(client, context.Background(), nil)
	fmt.Println("kept")
}

func expect(client *imagekit.Client, ctx context.Context, expected error) {
	_, err := client.FileVersions(ctx, os.Args[1])
	if !errors.Is(err, expected) {
		log.Fatalf("%v was expected, and not: %v", expected, err)
	}
}
