package redistest

import (
	"os"
	"path/filepath"
)

// aofFolder is where a server keeps its append-only file, below its own folder.
const aofFolder = "appendonlydir"

// Data is what a server has on disk at some moment.
type Data struct{ files map[string][]byte }

// Data returns what the server has on disk now, whether it runs or not. What it has not
// written yet is not in it.
func (s *Server) Data() Data {
	d := Data{files: map[string][]byte{}}
	folder := filepath.Join(s.dir, aofFolder)
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		var content []byte
		if content, err = os.ReadFile(filepath.Join(folder, e.Name())); err != nil {
			break
		}
		d.files[e.Name()] = content
	}
	if err != nil {
		s.fatalf("redistest: copy the data of the server on port %d: %v", s.port, err)
	}
	return d
}

// Replace puts that data in place of what the server has on disk; the zero Data is none.
// The server must be dead, and has it once it is restarted.
func (s *Server) Replace(d Data) {
	if !s.proc.ended() {
		s.fatalf("redistest: replace the data of the server on port %d: it runs; kill or stop it first", s.port)
		return
	}
	folder := filepath.Join(s.dir, aofFolder)
	err := os.RemoveAll(folder)
	if err == nil && len(d.files) > 0 {
		err = os.Mkdir(folder, 0o700)
	}
	for name, content := range d.files {
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), content, 0o600)
		}
	}
	if err != nil {
		s.fatalf("redistest: replace the data of the server on port %d: %v", s.port, err)
	}
}
