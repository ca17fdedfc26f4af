package main

import "context"

func (o *office) typing(ctx context.Context, flow string) ([]row, error) { return nil, nil }
