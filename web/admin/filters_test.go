package admin

import "flag"

var filters = flag.Int("filters", 20, "under how many random filters figures are compared in each way, in each world")

// ofFilters is a number of a hundred filters, for as many as are played; at least one.
func ofFilters(n int) int { return max(1, n**filters/100) }
