// Goroutines: 200 at once get their answers, Go's collector runs meanwhile, and no pointer of Go's is
// left with C, for which Go looks here with all that it has.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"sync"
	"syscall"

	"example.com/get_file_versions/imagekit"
)

const strict = "cgocheck=2"

func main() {
	if os.Getenv("GODEBUG") != strict { // read as a program starts
		os.Setenv("GODEBUG", strict)
		log.Fatal(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
	}
	client, err := imagekit.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	var group sync.WaitGroup
	errs := make([]error, 200)
	for i := range errs {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			_, errs[i] = client.FileVersions(context.Background(), os.Args[1])
		}(i)
	}
	runtime.GC()
	group.Wait()

	for _, err := range errs {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("kept")
}
