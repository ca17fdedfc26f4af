package flowfile

// Lines returns the line of each question of a flow file by its key, so that what
// survey.Check finds can be shown where it stands. What cannot be read has no line.
func Lines(source []byte) map[string]int {
	r := newReader(source)
	out := map[string]int{}
	root := r.load(source)
	if root == nil {
		return out
	}
	entries, _ := r.mapping(root, "a flow")
	for _, e := range entries {
		if e.key != "questions" {
			continue
		}
		nodes, _ := r.list(e.value, "questions")
		for _, n := range nodes {
			fields, _ := r.mapping(n, "a question")
			for _, f := range fields {
				if key, ok := r.str(f.value, f.key); ok && f.key == "key" {
					out[key], _ = position(f.at)
				}
			}
		}
	}
	return out
}
