// Leaks: the library's strings are freed. 200 answers of a megabyte leave no megabytes behind.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"sync"

	"example.com/get_file_versions/imagekit"
)

const (
	size   = 1_000_000
	rounds = 20
	atOnce = 10
)

func main() {
	client, err := imagekit.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fileID := upload(client)

	for i := 0; i < 3; i++ {
		fetch(client, fileID)
	}
	before := resident()
	for i := 0; i < rounds; i++ {
		fetch(client, fileID)
	}
	if grown := resident() - before; grown > rounds*atOnce*size/4 {
		log.Fatalf("%d bytes more", grown)
	}
	fmt.Println("kept")
}

func upload(client *imagekit.Client) string {
	body := fmt.Sprintf(`{"file": "aGVsbG8=", "fileName": "a.jpg", "description": "%s"}`, strings.Repeat("x", size))
	answer, err := client.RequestWithBody(context.Background(), "POST", "/api/v1/files/upload", json.RawMessage(body))
	if err != nil {
		log.Fatal(err)
	}
	var file struct{ FileID string }
	if err := json.Unmarshal(answer.JSON, &file); err != nil {
		log.Fatal(err)
	}
	return file.FileID
}

func fetch(client *imagekit.Client, fileID string) {
	var group sync.WaitGroup
	for i := 0; i < atOnce; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			answer, err := client.FileVersions(context.Background(), fileID)
			if err != nil || len(answer.JSON) < size {
				log.Fatal("no such answer: ", err)
			}
		}()
	}
	group.Wait()
	runtime.GC()
}

func resident() int {
	var all, resident int
	text, err := os.ReadFile("/proc/self/statm")
	if _, scanned := fmt.Sscan(string(text), &all, &resident); err != nil || scanned != nil {
		log.Fatal(err, scanned)
	}
	return resident * os.Getpagesize()
}
