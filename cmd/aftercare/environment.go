package main

import (
	"errors"
	"strings"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// settings reads the environment and the .env file beneath it. Settings that are wrong mean
// that the command was called wrongly.
func (a *terminal) settings() (settings.Settings, error) {
	s, err := app.ReadSettings(a.env, a.dir)
	if _, wrong := errors.AsType[settings.WrongError](err); wrong {
		return s, usageError{err}
	}
	return s, err
}

// environment turns the process's NAME=value list into a map.
func environment(list []string) map[string]string {
	m := make(map[string]string, len(list))
	for _, nv := range list {
		if name, value, ok := strings.Cut(nv, "="); ok {
			m[name] = value
		}
	}
	return m
}
