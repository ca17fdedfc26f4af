package pgtest

// Existing is LOCAL ONLY, never committed.
func Existing(dir, address string) *Server {
	bin, _ := find()
	return &Server{dir: dir, bin: bin, password: "x", address: address}
}
