// Concurrent fetches the versions of all files together, a goroutine for each, five times over.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"example.com/get_file_versions/imagekit"
)

func main() {
	client, err := imagekit.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	fileIDs := os.Args[1:]
	together(client, fileIDs[:1]) // connects
	for round := 0; round < 5; round++ {
		begin := time.Now()
		answers := together(client, fileIDs)
		fmt.Printf("%d answers in %d ms\n", answers, time.Since(begin).Milliseconds())
	}
}

// How many of the files have an answer.
func together(client *imagekit.Client, fileIDs []string) int {
	errs := make([]error, len(fileIDs))
	var group sync.WaitGroup
	for i, id := range fileIDs {
		group.Add(1)
		go func(i int, id string) {
			defer group.Done()
			_, errs[i] = client.FileVersions(context.Background(), id)
		}(i, id)
	}
	group.Wait()

	answers := 0
	for _, err := range errs {
		if err == nil {
			answers++
		}
	}
	return answers
}
