package storagetest

import (
	"context"

	"github.com/aftercare/aftercare/storage"
)

// CountCells implements storage.Cells.
func (c *CrashingStore) CountCells(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return result(c, func() (storage.CountedCells, error) { return c.inner.CountCells(ctx, l, limit) })
}

// CountMonths implements storage.Cells.
func (c *CrashingStore) CountMonths(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return result(c, func() (storage.CountedCells, error) { return c.inner.CountMonths(ctx, l, limit) })
}

// CountCases implements storage.Cells.
func (c *CrashingStore) CountCases(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return result(c, func() (storage.CountedCells, error) { return c.inner.CountCases(ctx, l, limit) })
}

// CellsReady implements storage.Cells.
func (c *CrashingStore) CellsReady(ctx context.Context) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.CellsReady(ctx) })
}

// Cells implements storage.Cells.
func (c *CrashingStore) Cells(ctx context.Context, f storage.FigureFilter, by storage.CellsBy) ([]storage.Cell, error) {
	return result(c, func() ([]storage.Cell, error) { return c.inner.Cells(ctx, f, by) })
}

// CellMonths implements storage.Cells.
func (c *CrashingStore) CellMonths(ctx context.Context, f storage.FigureFilter, dimensions ...storage.CellsBy) ([]storage.CellMonth, error) {
	return result(c, func() ([]storage.CellMonth, error) { return c.inner.CellMonths(ctx, f, dimensions...) })
}

// CellQuestions implements storage.Cells.
func (c *CrashingStore) CellQuestions(ctx context.Context, f storage.FigureFilter) ([]storage.CellQuestion, error) {
	return result(c, func() ([]storage.CellQuestion, error) { return c.inner.CellQuestions(ctx, f) })
}

// CellChoices implements storage.Cells.
func (c *CrashingStore) CellChoices(ctx context.Context, f storage.FigureFilter) (storage.CellChoices, error) {
	return result(c, func() (storage.CellChoices, error) { return c.inner.CellChoices(ctx, f) })
}

// CompareCells implements storage.Cells.
func (c *CrashingStore) CompareCells(ctx context.Context) (storage.ComparedCells, error) {
	return result(c, func() (storage.ComparedCells, error) { return c.inner.CompareCells(ctx) })
}

// CountAsked implements storage.AskedSums.
func (c *CrashingStore) CountAsked(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return result(c, func() (storage.CountedCells, error) { return c.inner.CountAsked(ctx, l, limit) })
}

// CountAskedMonths implements storage.AskedSums.
func (c *CrashingStore) CountAskedMonths(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return result(c, func() (storage.CountedCells, error) { return c.inner.CountAskedMonths(ctx, l, limit) })
}

// AskedReady implements storage.AskedSums.
func (c *CrashingStore) AskedReady(ctx context.Context) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.AskedReady(ctx) })
}

// AskedPending implements storage.AskedSums.
func (c *CrashingStore) AskedPending(ctx context.Context) ([]string, error) {
	return result(c, func() ([]string, error) { return c.inner.AskedPending(ctx) })
}

// AskedCells implements storage.AskedSums.
func (c *CrashingStore) AskedCells(ctx context.Context, f storage.FigureFilter, byDay bool) ([]storage.AskedCell, error) {
	return result(c, func() ([]storage.AskedCell, error) { return c.inner.AskedCells(ctx, f, byDay) })
}

// AskedMonths implements storage.AskedSums.
func (c *CrashingStore) AskedMonths(ctx context.Context, f storage.FigureFilter) ([]storage.AskedMonth, error) {
	return result(c, func() ([]storage.AskedMonth, error) { return c.inner.AskedMonths(ctx, f) })
}
