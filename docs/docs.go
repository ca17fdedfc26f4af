// Package docs holds the pages of the documentation that the program shows as its help, and
// the pictures of the shipped surveys that stand in them.
package docs

import "embed"

// Files are the pages, "flows.md", and the pictures, "flows/post_service_3.svg".
//
//go:embed *.md flows/*.svg
var Files embed.FS
