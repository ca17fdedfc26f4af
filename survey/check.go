package survey

func check(f *Flow) []Problem { return nil }
