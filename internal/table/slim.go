package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// readOf are the parts of a workbook that are read, by the element in which they stand (ECMA-376, part 1, 18).
var readOf = []string{"Types", "Relationships", "workbook", "worksheet", "chartsheet", "dialogsheet", "sst", "styleSheet"}

// Slim writes a workbook without what is not read of one: remarks, pictures, charts and what they show, what pivot
// tables remember, who wrote it, files within it. What is no package is written as it is.
func Slim(to io.Writer, book []byte) error {
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		_, err := to.Write(book)
		return err
	}
	out := zip.NewWriter(to)
	for _, part := range in.File {
		if !isRead(part) {
			continue
		}
		if err := out.Copy(part); err != nil {
			return fmt.Errorf("keep a part of a workbook: %w", err)
		}
	}
	return out.Close()
}

// isRead reports whether a part is read. One of which nobody can say what it is stays, so that it is found damaged.
func isRead(part *zip.File) bool {
	if !isXML(part.Name) {
		return false
	}
	r, err := part.Open()
	if err != nil {
		return true
	}
	defer r.Close()
	d := partOf(io.LimitReader(r, inMemory))
	for {
		token, err := d.Token()
		if err != nil {
			return true
		}
		root, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		// Of the links that parts have, those of the package and of the workbook lead to what is read.
		return slices.Contains(readOf, root.Name.Local) && (root.Name.Local != "Relationships" || leads(d))
	}
}

func isXML(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels")
}

// leads reports whether links lead to a workbook or to its sheets.
func leads(d *xml.Decoder) bool {
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		link, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		kind := attr(link, "Type")
		for _, to := range []string{"/officeDocument", "/worksheet", "/chartsheet", "/dialogsheet", "/sharedStrings"} {
			if strings.HasSuffix(kind, to) {
				return true
			}
		}
	}
}

func attr(of xml.StartElement, name string) string {
	for _, a := range of.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
