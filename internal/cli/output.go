package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// outputMode is the mode of the files of --output: the node exporter and a web
// server run as other users.
const outputMode = 0o644

// outputFile is the file of --output while it is written. It gets its name when it
// is complete, so that no reader finds half of it, and what was there before stays
// if writing fails.
type outputFile struct {
	*os.File        // a temporary file in the same directory
	name     string // of the file in the end
}

// createOutput begins a file.
func createOutput(name string) (*outputFile, error) {
	target := name
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("--output: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("--output %q is not a regular file; leave --output out to write to standard output", name)
	default:
		// A symbolic link stays, and the file that it leads to is replaced.
		if target, err = filepath.EvalSymlinks(name); err != nil {
			return nil, fmt.Errorf("--output: %w", err)
		}
	}
	// The node exporter ignores the temporary file, because it reads *.prom only.
	temporary, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp")
	if err != nil { // without the temporary file's name
		return nil, fmt.Errorf("--output %q cannot be written: %w", name, reasonOf(err))
	}
	return &outputFile{temporary, target}, nil
}

// commit renames the file to its final name, after its content has reached the disk.
func (f *outputFile) commit() error {
	err := f.Chmod(outputMode)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.File.Name(), f.name)
	}
	if err != nil {
		os.Remove(f.File.Name())
		return fmt.Errorf("--output: %w", err)
	}
	return nil
}

// discard removes the file.
func (f *outputFile) discard() {
	f.Close()
	os.Remove(f.File.Name())
}
